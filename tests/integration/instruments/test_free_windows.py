"""Searching for a free time: judged as the calendar judges it, by either engine, and counted as the answer says."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select

from core import clock
from core.clock import SHANGHAI
from core.config import var_dir_of
from core.db import db, session, transaction
from core.types import Span
from instruments.models import BookingRule, Instrument, Occupancy, OpeningHours, OpeningSeason, SeasonHours
from instruments.queries.availability import taken_around, terms_of
from instruments.queries.calendar import interval
from instruments.queries.catalogue import Search, Sort
from instruments.queries.searching import windows
from instruments.rules.opening import Interval, open_intervals
from instruments.rules.slots import Terms
from instruments.rules.terms import OccupancyKind
from instruments.service.indexing import Keeper, build_index
from marketplace.app import create_app
from tests.databases import Server
from tests.support import generated
from tests.support.searching import ask, by_index, pages, without_index

COUNT = 100
MONDAY = datetime(2026, 9, 28, tzinfo=SHANGHAI).astimezone(UTC)
"""The week of National Day, worked on the Saturday after it."""
HOUR = timedelta(hours=1)
ASKED = [
    (MONDAY + start * HOUR, MONDAY + (start + length) * HOUR)
    for start, length in ((9, 2), (8, 10), (20, 8), (33, 1), (82, 2), (82, 30), (178, 2), (298, 3), (167, 3))
] + [(MONDAY + 9 * HOUR + timedelta(minutes=30, seconds=1), MONDAY + 11 * HOUR)]
"""Weekdays, nights, National Day, the Saturday that is worked, Sunday night into Monday, half a minute."""


@pytest.fixture(scope="module")
def shared_catalogue(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A generated catalogue with calendars of every kind, committed, with its index."""
    database = server.clone("free")
    app = create_app(database.config(var_dir_of({"VAR_DIR": str(tmp_path_factory.mktemp("free"))})))
    with app.app_context():
        keep_busy(generated.fill(COUNT, seed=21))
        build_index(now=clock.now())
        yield app
        db.session.remove()
        db.engine.dispose()
    server.drop(database)


@pytest.fixture
def catalogue(shared_catalogue: Flask) -> Iterator[Flask]:
    """The same for one test, which reads alone."""
    yield shared_catalogue
    session().rollback()


@pytest.mark.parametrize(("start", "end"), ASKED, ids=lambda at: f"{at:%d-%H%M%S}")
def test_both_engines_find_who_is_free_by_the_calendar(
    catalogue: Flask, calendars: list[Calendar], start: datetime, end: datetime
) -> None:
    """By weeks, seasons, holidays and worked weekends, bookings, closures and the time kept free around bookings."""
    free = [each for each in calendars if each.is_free(Interval(start, end))]
    expected = {each.id for each in free}
    wanted = Search(free_from=start, free_to=end)
    assert set(pages(wanted, by_index, 500)) == set(pages(wanted, without_index, 500)) == expected
    ours, theirs = by_index(wanted), without_index(wanted)
    assert (ours["total"], ours["total_is_estimate"]) == (len(expected), False)
    assert (theirs["total"], theirs["facets"]) == (ours["total"], ours["facets"])
    naive = Counter(each.city for each in free)
    assert {each["value"]: each["count"] for each in ours["facets"]["city"]} == dict(naive)


def test_the_windows_find_some_and_leave_out_some(catalogue: Flask) -> None:
    """Otherwise the tests above would say nothing."""
    found = [by_index(Search(free_from=start, free_to=end))["total"] for start, end in ASKED]
    assert sum(0 < total < COUNT // 2 for total in found) >= 7


@pytest.mark.parametrize("sort", [Sort.RELEVANCE, Sort.VALUE, Sort.NEAR])
def test_paging_through_what_is_free_neither_loses_nor_repeats(
    catalogue: Flask, sort: Sort, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether all matches are judged beforehand or those of the page alone."""
    wanted = Search(q="仪", free_from=ASKED[0][0], free_to=ASKED[0][1], sort=sort, near="370102")
    whole = pages(wanted, without_index, 500)
    assert len(whole) > 10
    assert set(pages(wanted, by_index, 7)) == set(whole)
    one_by_one(monkeypatch)
    assert set(pages(wanted, by_index, 7)) == set(whole)
    for name, value in (("EXACT_UP_TO", 5), ("FIRST_PORTION", 9), ("WALKED_AT_MOST", 20)):
        monkeypatch.setattr(windows, name, value)
    assert by_index(wanted)["total_is_estimate"]
    walked = pages(wanted, by_index, 7)
    assert len(walked) == len(set(walked))
    assert set(walked) == set(whole)


def test_beyond_the_limit_totals_and_facets_are_estimates_and_say_so(
    catalogue: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a part of the matches, near the truth; what is shown is free all the same."""
    wanted = Search(free_from=ASKED[0][0], free_to=ASKED[0][1])
    exact = by_index(wanted, limit=500)
    one_by_one(monkeypatch)
    monkeypatch.setattr(windows, "EXACT_UP_TO", 30)
    monkeypatch.setattr(windows, "SAMPLE", 60)
    told = by_index(wanted, limit=500)
    assert (exact["total_is_estimate"], told["total_is_estimate"]) == (False, True)
    assert exact["total"] / 2 < told["total"] < exact["total"] * 2
    assert told["total"] >= len(told["items"])
    cities = sum(each["count"] for each in told["facets"]["city"])
    assert abs(cities - told["total"]) <= len(told["facets"]["city"]) + len(told["items"])
    assert {each.id for each in told["items"]} == {each.id for each in exact["items"]}


def test_where_the_sample_finds_nobody_free_what_is_shown_still_counts(
    catalogue: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An estimate is never less than the page."""
    wanted = Search(free_from=ASKED[5][0], free_to=ASKED[5][1])
    exact = by_index(wanted)
    assert exact["total"] > 0
    one_by_one(monkeypatch)
    monkeypatch.setattr(windows, "EXACT_UP_TO", 1)
    monkeypatch.setattr(windows, "SAMPLE", 1)
    found = by_index(wanted)
    assert found["total"] >= len(found["items"]) == min(20, exact["total"])


def test_hours_that_are_set_are_found_at_once(committed_app: Flask) -> None:
    """An instrument that begins to open, by its week or for a season, becomes one that may be free."""
    of = generated.makers(1)
    weekly, seasonal = generated.fill(2, seed=22, of=of)
    with transaction() as current:
        current.execute(delete(OpeningHours))
    made, _ = build_index(now=clock.now())
    keeper = Keeper(made)
    wanted = Search(free_from=MONDAY + 9 * HOUR, free_to=MONDAY + 10 * HOUR)
    assert by_index(wanted)["total"] == 0
    with transaction():
        open_weekly(weekly, [(1, 480, 1080)])
        open_for_a_season(seasonal, [(1, 480, 1080)])
    while keeper.take_in():
        pass
    assert {each.id for each in by_index(wanted)["items"]} == {weekly, seasonal}
    with transaction() as current:
        current.execute(delete(SeasonHours))
    while keeper.take_in():
        pass
    assert {each.id for each in by_index(wanted)["items"]} == {weekly}
    with transaction():
        open_for_a_season(weekly, [])
    while keeper.take_in():
        pass
    assert by_index(wanted)["total"] == 0
    with transaction() as current:
        current.execute(delete(OpeningSeason))
    while keeper.take_in():
        pass
    keeper.close()
    assert ask(wanted, limit=1)["total"] == 1


def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each match judged by itself, as where hours alone do not tell."""
    monkeypatch.setattr(windows, "MOST_SCHEDULES", 0)


# -- calendars and their naive judgement -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Calendar:
    """What the calendar of an instrument says of these two weeks."""

    id: int
    city: str
    terms: Terms
    taken: list[Interval]

    def is_free(self, window: Interval) -> bool:
        """As whoever books it is told."""
        is_open = open_intervals(self.terms.opening, window.start, window.end) == [window]
        return is_open and not any(each.overlaps(self.terms.rules.held(window)) for each in self.taken)


@pytest.fixture(scope="module")
def calendars(shared_catalogue: Flask) -> list[Calendar]:
    """Those of all published instruments, read one by one."""
    whole = Interval(MONDAY, MONDAY + timedelta(days=15))
    found = []
    for each in generated.published():
        terms = terms_of(each, since=whole.start, now=clock.now())
        taken = [interval(its.during) for its in taken_around(each.id, whole, terms)]
        found.append(Calendar(each.id, each.city, terms, taken))
    session().rollback()
    return found


def keep_busy(numbers: list[int]) -> None:
    """Weeks, seasons, rules of providers and of instruments, bookings and closures, by chance."""
    chance = random.Random(4)
    with transaction() as current:
        current.execute(delete(OpeningHours))
        owners = current.scalars(select(Instrument.provider_id).distinct().order_by(Instrument.provider_id)).all()
        current.add(rule(owners[0], None, before=60, after=0, closed=True, makeup=1))
        for number in numbers:
            owner = current.get_one(Instrument, number).provider_id
            if chance.random() < 0.8:
                open_weekly(number, chance.choice(WEEKS))
            if chance.random() < 0.25:
                open_for_a_season(number, chance.choice(([], *WEEKS)))
            if chance.random() < 0.3:
                held = chance.choice((0, 30, 90)), chance.choice((0, 30, 90))
                closed, makeup = chance.random() < 0.5, chance.choice((None, 1, 3))
                current.add(rule(owner, number, before=held[0], after=held[1], closed=closed, makeup=makeup))
            for day in chance.sample(range(14), 4):
                take(number, MONDAY + day * 24 * HOUR + chance.randrange(16, 40) * HOUR / 2, chance)


WEEKS = (
    [(weekday, 480, 1080) for weekday in range(1, 6)],
    [(weekday, 0, 1440) for weekday in range(1, 8)],
    [(weekday, 480, 720) for weekday in range(1, 7)] + [(weekday, 720, 1080) for weekday in range(1, 7)],
    [(1, 1200, 1920), (7, 1200, 1920)],
)


def open_weekly(number: int, week: list[tuple[int, int, int]]) -> None:
    rows = [{"instrument_id": number, "weekday": w, "opens_minute": o, "closes_minute": c} for w, o, c in week]
    session().execute(insert(OpeningHours), rows)


def open_for_a_season(number: int, week: list[tuple[int, int, int]]) -> None:
    """Of the first three days from that Monday on."""
    first = clock.today(MONDAY)
    made = OpeningSeason(instrument_id=number, name="段", first_day=first, last_day=first + timedelta(days=2))
    session().add(made)
    session().flush()
    rows = [{"season_id": made.id, "weekday": w, "opens_minute": o, "closes_minute": c} for w, o, c in week]
    if rows:
        session().execute(insert(SeasonHours), rows)


def rule(owner: int, number: int | None, *, before: int, after: int, closed: bool, makeup: int | None) -> BookingRule:
    return BookingRule(
        provider_id=owner,
        instrument_id=number,
        before_minutes=before,
        after_minutes=after,
        lead_minutes=0,
        closed_on_holidays=closed,
        makeup_weekday=makeup,
        qualified_only=False,
    )


def take(number: int, start: datetime, chance: random.Random) -> None:
    kind = chance.choice((OccupancyKind.CLOSURE, OccupancyKind.MAINTENANCE))
    during = Span(start, start + chance.randrange(1, 4) * HOUR)
    is_live = chance.random() < 0.85
    ended_at = None if is_live else clock.now()
    taken = {"instrument_id": number, "kind": kind, "during": during, "created_at": clock.now(), "note": ""}
    session().execute(insert(Occupancy).values(**taken, live=is_live, ended_at=ended_at))
