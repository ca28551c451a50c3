"""Searches one keeps: each user's own, and told of once a day when something newly published answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from accounts.models import Notice, Organisation
from core import clock
from core.audit import history
from core.clock import SHANGHAI
from core.db import session, transaction
from core.errors import DomainError
from core.states import StateForbids
from instruments.models import SavedSearch, SavedSearchLook
from instruments.policy import saved_searches_max
from instruments.queries.catalogue import Search, SearchRefused, Sort
from instruments.queries.saved_searches import (
    SavedSearchMissing,
    filters_of,
    find_saved_search,
    found_last,
    own_searches,
    wanted_of,
)
from instruments.rules.terms import Funding
from instruments.service import listings
from instruments.service.saved_searches import (
    SavedSearchRefused,
    TooManySavedSearches,
    delete_search,
    look_for_news,
    pause_search,
    rename_search,
    resume_search,
    save_search,
)
from marketplace.notifications.telling import tell
from tests.factories.accounts import actor_of, make_bureau, make_enterprise, make_provider
from tests.factories.instruments import make_instrument
from tests.support.settling import settle

SAVED_AT = datetime(2026, 3, 2, 10, 0, tzinfo=SHANGHAI)
MORNING = timedelta(hours=20, minutes=30)
"""From the hour of saving to the look of the next day."""
A_DAY = timedelta(days=1)


def keep(owner: Organisation, *, name: str = "质谱", now: datetime = SAVED_AT, **wanted: object) -> SavedSearch:
    return save_search(name=name, wanted=Search(**wanted), actor=actor_of(owner), now=now)  # type: ignore[arg-type]


def tamper(kept: SavedSearch, filters: dict[str, str]) -> None:
    with transaction() as current:
        current.execute(update(SavedSearch).where(SavedSearch.id == kept.id).values(filters=filters))


def looks() -> list[tuple[int, int]]:
    found = select(SavedSearchLook.saved_search_id, SavedSearchLook.found).order_by(SavedSearchLook.looked_at)
    return [(number, count) for number, count in session().execute(found)]


def steps_of(kept: SavedSearch) -> list[str]:
    return [each.action for each in history("saved_search", kept.id)]


def notices() -> list[tuple[int | None, dict[str, object], str | None, int | None]]:
    settle()
    tell(now=clock.now())
    told = session().scalars(select(Notice).where(Notice.key == "saved_search.found").order_by(Notice.id))
    return [(each.user_id, each.params, each.link_kind, each.link_id) for each in told]


def test_what_is_newly_published_and_answers_is_told_once_to_who_kept_the_search(committed_app: Flask) -> None:
    """Not what was there before, what does not answer, nor to anybody else."""
    user, provider = make_enterprise("371702"), make_provider("370100")
    make_instrument(provider, name="旧质谱仪", now=SAVED_AT - A_DAY)
    kept = keep(user, q="质谱", city="370100")
    make_instrument(provider, name="新质谱仪甲", now=SAVED_AT + timedelta(hours=1))
    make_instrument(provider, name="新质谱仪乙", now=SAVED_AT + timedelta(hours=2))
    make_instrument(provider, name="新显微镜", category="显微镜", now=SAVED_AT + timedelta(hours=3))
    assert look_for_news(now=SAVED_AT + MORNING) == 1
    assert look_for_news(now=SAVED_AT + MORNING + timedelta(hours=1)) == 0
    assert notices() == notices()
    ((user_id, params, *link),) = notices()
    assert (user_id, link) == (actor_of(user).user_id, ["saved_search", kept.id])
    assert (params["name"], params["found"]) == ("质谱", 2)
    assert {each.name for each in session().scalars(found_last(kept))} == {"新质谱仪甲", "新质谱仪乙"}


def test_each_day_is_looked_at_once_and_none_is_left_out(client: FlaskClient) -> None:
    """What is published after midnight belongs to the next look; a day the worker slept is made up for."""
    user, provider = make_enterprise("371702"), make_provider("370100")
    kept = keep(user, q="质谱")
    midnight = clock.start_of_day(clock.today(SAVED_AT + A_DAY))
    for number, published in enumerate((midnight, midnight + timedelta(seconds=1), midnight + A_DAY)):
        make_instrument(provider, name=f"质谱仪{number}", now=published)
    look_for_news(now=SAVED_AT + MORNING)
    look_for_news(now=SAVED_AT + MORNING + 2 * A_DAY)
    assert looks() == [(kept.id, 1), (kept.id, 2)]


def test_nothing_is_told_where_nothing_answers(client: FlaskClient) -> None:
    kept = keep(make_enterprise("371702"), q="质谱")
    assert look_for_news(now=SAVED_AT + MORNING) == 0
    assert [found for _, found in looks()] == [0]
    assert steps_of(kept) == ["create"]


def test_a_listing_taken_back_is_no_news(client: FlaskClient) -> None:
    """What was suspended and comes back was published before; what is suspended now is not public."""
    user, provider = make_enterprise("371702"), make_provider("370100")
    known = make_instrument(provider, name="质谱仪一", now=SAVED_AT - A_DAY)
    gone = make_instrument(provider, name="质谱仪二", now=SAVED_AT + timedelta(minutes=1))
    keep(user, q="质谱")
    for each in (known, gone):
        listings.suspend_listing(instrument_id=each.id, note="", actor=actor_of(provider), now=SAVED_AT)
    listings.resume_listing(instrument_id=known.id, note="", actor=actor_of(provider), now=SAVED_AT)
    assert look_for_news(now=SAVED_AT + MORNING) == 0


def test_a_search_that_cannot_be_asked_stops_no_other_and_is_looked_at_once_it_can(client: FlaskClient) -> None:
    """The others are looked at once; what failed left nothing behind, and is told of."""
    user, provider = make_enterprise("371702"), make_provider("370100")
    broken, kept = keep(user, name="乙", q="仪"), keep(user, name="甲", q="质谱")
    make_instrument(provider, name="质谱仪", now=SAVED_AT + timedelta(hours=1))
    tamper(broken, {"funding": "stolen"})
    with pytest.raises(ValueError, match="stolen"):
        look_for_news(now=SAVED_AT + MORNING)
    assert looks() == [(kept.id, 1)]
    tamper(broken, {"q": "仪"})
    assert look_for_news(now=SAVED_AT + MORNING + timedelta(minutes=1)) == 1
    assert looks() == [(kept.id, 1), (broken.id, 1)]
    assert [steps_of(each) for each in (kept, broken)] == [["create", "find"]] * 2


def test_a_paused_search_is_not_looked_at_and_goes_on_from_where_it_is_resumed(client: FlaskClient) -> None:
    user, provider = make_enterprise("371702"), make_provider("370100")
    kept = keep(user, q="质谱")
    pause_search(saved_search_id=kept.id, actor=actor_of(user), now=SAVED_AT)
    make_instrument(provider, name="质谱仪一", now=SAVED_AT + timedelta(hours=1))
    assert look_for_news(now=SAVED_AT + MORNING) == 0
    with pytest.raises(StateForbids):
        pause_search(saved_search_id=kept.id, actor=actor_of(user), now=SAVED_AT)
    resume_search(saved_search_id=kept.id, actor=actor_of(user), now=SAVED_AT + A_DAY)
    make_instrument(provider, name="质谱仪二", now=SAVED_AT + A_DAY + timedelta(hours=1))
    assert look_for_news(now=SAVED_AT + A_DAY + MORNING) == 1
    assert [count for _, count in looks()] == [1]


def test_nobody_is_told_of_a_search_he_deleted_and_nothing_of_it_is_left(committed_app: Flask) -> None:
    """Not even of what was found just before."""
    user, provider = make_enterprise("371702"), make_provider("370100")
    kept = keep(user, q="质谱")
    make_instrument(provider, name="质谱仪", now=SAVED_AT + timedelta(hours=1))
    look_for_news(now=SAVED_AT + MORNING)
    delete_search(saved_search_id=kept.id, actor=actor_of(user), now=SAVED_AT + MORNING)
    assert notices() == []
    session().expire_all()
    assert (kept.name, kept.filters) == ("", {})
    with pytest.raises(SavedSearchMissing):
        find_saved_search(kept.id, actor=actor_of(user))


def test_a_time_that_has_passed_is_looked_for_no_more(client: FlaskClient) -> None:
    user, provider = make_enterprise("371702"), make_provider("370100")
    keep(user, free_from=SAVED_AT + timedelta(hours=4), free_to=SAVED_AT + timedelta(hours=5))
    make_instrument(provider, now=SAVED_AT + timedelta(hours=1))
    assert look_for_news(now=SAVED_AT + MORNING) == 0
    assert looks() == []


@pytest.mark.parametrize(
    ("act", "refusal", "article"),
    [
        (lambda user: keep(user, q="别的"), SavedSearchRefused, "saved_search_named_so"),
        (
            lambda user: keep(user, name="过去", free_from=SAVED_AT - A_DAY, free_to=SAVED_AT),
            SavedSearchRefused,
            "saved_search_over",
        ),
        (lambda user: keep(user, name="反", min_value_fen=2, max_value_fen=1), SearchRefused, "search_values_reversed"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_reason(
    client: FlaskClient, act: Callable[[Organisation], object], refusal: type[DomainError], article: str
) -> None:
    user = make_enterprise("371702")
    keep(user)
    with pytest.raises(refusal) as refused:
        act(user)
    assert [each.code for each in refused.value.reasons] == [article]


def test_a_user_keeps_as_many_as_the_policy_allows_under_names_of_his_own(client: FlaskClient) -> None:
    """A deleted one makes room and frees its name; others' names are no matter of his."""
    user, other = make_enterprise("371702"), make_enterprise("370102")
    most = saved_searches_max(SAVED_AT.date())
    kept = [keep(user, name=f"检索{number}") for number in range(most)]
    with pytest.raises(TooManySavedSearches):
        keep(user, name="再一个")
    delete_search(saved_search_id=kept[0].id, actor=actor_of(user), now=SAVED_AT)
    keep(user, name="检索0")
    keep(other, name="检索0")
    with pytest.raises(SavedSearchRefused):
        rename_search(saved_search_id=kept[1].id, name="检索2", actor=actor_of(user), now=SAVED_AT)
    same = rename_search(saved_search_id=kept[1].id, name="检索1", actor=actor_of(user), now=SAVED_AT)
    assert same.name == "检索1"
    with pytest.raises(SavedSearchMissing):
        rename_search(saved_search_id=kept[1].id, name="甲", actor=actor_of(other), now=SAVED_AT)
    count = select(func.count()).select_from(own_searches(actor_of(user)).subquery())
    assert session().scalar(count) == most


def test_every_filter_of_a_search_is_kept_as_it_is(client: FlaskClient) -> None:
    """Also those that are added one day: whatever a search has, but how it is shown."""
    wanted = Search(
        q="质谱",
        city="370100",
        provider=7,
        funding=Funding.FISCAL,
        min_value_fen=1,
        free_from=SAVED_AT,
        free_to=SAVED_AT + A_DAY,
        sort=Sort.NAME,
        facets=(),
    )
    assert wanted_of(filters_of(wanted)) == Search(**{**vars(wanted), "facets": Search().facets})
    assert isinstance(wanted_of({"funding": "fiscal"}).funding, Funding)
    assert filters_of(Search(facets=())) == {}


def test_a_bureaus_officer_is_told_too(committed_app: Flask) -> None:
    """Whoever signs in keeps searches; each step stands in the trail."""
    bureau, provider = make_bureau("370100"), make_provider("370100")
    kept = keep(bureau, q="质谱")
    make_instrument(provider, name="质谱仪", now=SAVED_AT + timedelta(hours=1))
    look_for_news(now=SAVED_AT + MORNING)
    assert [each[0] for each in notices()] == [actor_of(bureau).user_id]
    assert steps_of(kept) == ["create", "find"]
