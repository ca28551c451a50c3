"""S13, S14: terms of listings, the changes they follow, and the reminders of both."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from accounts.models import Organisation
from core import clock
from core.audit import history
from core.db import session
from instruments.jobs import JOBS
from instruments.models import TermReminder, TermReminderLine
from instruments.rules.terms import Funding
from instruments.service.listings import update_instrument
from instruments.service.term_reminders import remind_of_terms
from tests.factories.accounts import actor_of, headers_of, keyed, make_bureau, make_provider
from tests.factories.instruments import make_draft, make_instrument

API = "/api/v1"
ACCEPTED = date(2025, 2, 5)
"""To be listed by 2025-03-18."""


def at(day: str) -> datetime:
    """The morning of a day."""
    return datetime.fromisoformat(f"{day}T06:40:00+08:00").astimezone(UTC)


def make_accepted(provider: Organisation, accepted_on: date = ACCEPTED) -> int:
    """A dear fiscal instrument that was accepted and is not listed."""
    now = at("2025-02-28")
    made = make_draft(provider, funding=Funding.FISCAL, value_fen=30_000_000, now=now)
    actor = actor_of(provider)
    return update_instrument(instrument_id=made.id, changes={"accepted_on": accepted_on}, actor=actor, now=now).id


def report(client: FlaskClient, instrument_id: int, headers: Any, **said: str) -> Any:
    """Something changed."""
    given = {"kind": "moved", "changed_on": "2025-03-03", "note": "迁至二号楼", **said}
    path = f"{API}/instruments/{instrument_id}/reported-changes"
    return client.post(path, json=given, headers=keyed(headers))


def reminders(provider: Organisation) -> list[tuple[date, str, int, int]]:
    """Of what a provider was reminded, and when."""
    found = select(TermReminder).where(TermReminder.provider_id == provider.id).order_by(TermReminder.id)
    return [(each.on, each.step.value, each.listings, each.updates) for each in session().scalars(found)]


def test_each_term_is_told_once_before_its_last_day_and_once_after(client: FlaskClient) -> None:
    """S13, S14: five working days before and after, also where the worker stood still and where a term came late."""
    provider = make_provider("370800")
    first = make_accepted(provider)
    listed = make_instrument(provider)
    with clock.at(at("2025-03-04")):
        assert report(client, listed.id, headers_of(provider)).status_code == 201
    for day in ("2025-03-10", "2025-03-11", "2025-03-11", "2025-03-12"):
        remind_of_terms(now=at(day))
    assert reminders(provider) == [(date(2025, 3, 11), "coming", 1, 0)]
    second = make_accepted(provider)
    remind_of_terms(now=at("2025-03-18"))
    assert reminders(provider)[1:] == [(date(2025, 3, 18), "coming", 1, 0)]
    remind_of_terms(now=at("2025-03-19"))
    remind_of_terms(now=at("2025-04-20"))
    remind_of_terms(now=at("2025-04-21"))
    assert reminders(provider)[2:] == [
        (date(2025, 3, 19), "overdue", 2, 0),
        (date(2025, 4, 20), "overdue", 0, 1),
    ]
    told = session().scalars(select(TermReminderLine).where(TermReminderLine.instrument_id.in_((first, second))))
    assert {each.due_on for each in told} == {date(2025, 3, 18)}


def test_a_provider_is_told_together_of_all_that_is_over(client: FlaskClient) -> None:
    """One reminder a day however many terms there are, saying how many, since when and whose they are."""
    provider = make_provider("371100")
    for _ in range(3):
        make_accepted(provider)
    remind_of_terms(now=at("2025-03-20"))
    (told,) = session().scalars(select(TermReminder).where(TermReminder.provider_id == provider.id))
    (entry,) = history("term_reminder", told.id)
    said = {"provider": provider.name, "listings": 3, "updates": 0, "day": "2025-03-18"}
    assert (entry.action, entry.data) == ("fall_due", said)


def test_a_listing_follows_a_change_once_it_says_something_else(client: FlaskClient) -> None:
    """S14: due after 30 working days; saying so without changing the listing is refused."""
    made = make_instrument()
    owner, bureau = headers_of(made.provider), headers_of(make_bureau(made.provider.city or ""))
    with clock.at(at("2025-04-16")):
        reported = report(client, made.id, bureau).get_json()
        assert (reported["due_on"], reported["overdue"], reported["state"]) == ("2025-04-15", True, "open")
        due = client.get(f"{API}/instruments/update-deadlines?overdue=true", headers=bureau).get_json()["items"]
        assert [each["id"] for each in due] == [reported["id"]]
        path = f"{API}/reported-changes/{reported['id']}/following"
        refused = client.post(path, headers=keyed(owner))
        assert (refused.status_code, refused.get_json()["code"]) == (409, "change_not_followed")
        assert (
            client.patch(f"{API}/instruments/{made.id}", json={"address": "二号楼"}, headers=owner).status_code == 200
        )
        followed = client.post(path, headers=keyed(owner))
        assert (followed.status_code, followed.get_json()["state"]) == (201, "followed")
        assert client.get(f"{API}/instruments/update-deadlines", headers=bureau).get_json()["items"] == []
        shown = client.get(f"{API}/instruments/{made.id}/reported-changes", headers=owner).get_json()["items"]
        assert [(each["state"], each["overdue"]) for each in shown] == [("followed", False)]
    assert [each.action for each in history("reported_change", reported["id"])] == ["report", "follow"]


def test_who_reported_a_change_takes_it_back_and_nobody_else(client: FlaskClient) -> None:
    """A mistaken report ends with its term, for a reason that the trail keeps."""
    made = make_instrument()
    owner, bureau = headers_of(made.provider), headers_of(make_bureau(made.provider.city or ""))
    number = report(client, made.id, bureau).get_json()["id"]
    path = f"{API}/reported-changes/{number}/withdrawal"
    assert client.post(path, json={"note": "看错"}, headers=keyed(owner)).status_code == 403
    assert client.post(path, json={"note": "看错了仪器"}, headers=keyed(bureau)).get_json()["state"] == "withdrawn"
    assert history("reported_change", number)[-1].data["note"] == "看错了仪器"


def test_a_change_is_of_a_listing_and_lies_behind(client: FlaskClient) -> None:
    """A draft has no listing to update; what has not happened yet starts no term."""
    draft, listed = make_draft(), make_instrument()
    refused = report(client, draft.id, headers_of(draft.provider))
    assert (refused.status_code, refused.get_json()["code"]) == (409, "state_forbids")
    tomorrow = (clock.today(clock.now()) + timedelta(days=1)).isoformat()
    refused = report(client, listed.id, headers_of(listed.provider), changed_on=tomorrow)
    assert [each["code"] for each in refused.get_json()["reasons"]] == ["instrument_date_ahead"]


def test_deadlines_are_narrowed_to_a_city(client: FlaskClient) -> None:
    """The province looks at one city's."""
    here, there = make_provider("370600"), make_provider("371600")
    wanted = make_accepted(here)
    make_accepted(there)
    bureau = headers_of(make_bureau("370600"))
    for city, found in (("370600", [wanted]), ("371600", [])):
        page = client.get(f"{API}/instruments/listing-deadlines?city={city}", headers=bureau).get_json()
        assert [each["instrument"]["id"] for each in page["items"]] == found


def test_the_worker_reminds_every_morning(client: FlaskClient) -> None:
    """By a job of its own, before the digests go out."""
    provider = make_provider("370500")
    make_accepted(provider)
    (job,) = [each for each in JOBS if each.name == "instruments.remind_of_terms"]
    job.run(at("2025-03-20"), at("2025-03-20"))
    assert reminders(provider) == [(date(2025, 3, 20), "overdue", 1, 0)]
