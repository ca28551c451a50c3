"""Secret addresses of calendars: what is read there by whom, for how long and how often."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from accounts.models import Organisation, User
from core import clock
from core.db import session, transaction
from core.invariants import verify
from core.types import Span
from core.workdays import load_calendar
from instruments.models import CalendarAddress, Instrument
from instruments.policy import calendar_reads_an_hour
from instruments.queries.invariants import INVARIANTS
from instruments.rules.booking import BookingRules
from instruments.service.booking_rules import set_instrument_rules
from instruments.steps import book
from tests.factories.accounts import actor_of, headers_of, keyed, make_enterprise, make_provider
from tests.factories.instruments import ALWAYS, make_instrument

API = "/api/v1"
NOON = datetime(2026, 3, 2, 12, tzinfo=clock.SHANGHAI)
SLOT = Span(NOON + timedelta(days=1), NOON + timedelta(days=1, hours=2))
Json = dict[str, Any]


def take(instrument: Instrument, firm: Organisation, slot: Span = SLOT, order_id: int = 4711) -> None:
    with transaction():
        book(
            order_id=order_id,
            instrument_id=instrument.id,
            during=slot,
            organisation_id=firm.id,
            calendar=load_calendar(),
            actor=actor_of(firm),
            now=NOON,
        )


def cleaned(owner: Organisation | None = None) -> Instrument:
    """Open always, with half an hour kept free before and an hour after each booking."""
    made = make_instrument(owner, hours=ALWAYS, name="质谱仪，一号; \\ 甲")
    rules = BookingRules(before_minutes=30, after_minutes=60)
    set_instrument_rules(instrument_id=made.id, rules=rules, actor=actor_of(made.provider), now=NOON)
    return made


def issue(client: FlaskClient, of: Organisation, body: Json | None = None, *, expect: int = 201) -> Json:
    answer = client.post(f"{API}/calendar-addresses", json=body or {}, headers=headers_of(of))
    assert answer.status_code == expect, answer.text
    found: Json = answer.get_json()
    return found


def path_of(issued: Json) -> str:
    url = str(issued["url"])
    return url[url.index(API) :]


def events(client: FlaskClient, path: str) -> list[tuple[str, datetime, datetime, str]]:
    """Summary, start, end and description of each event, in order of time."""
    answer = client.get(path)
    assert (answer.status_code, answer.content_type) == (200, "text/calendar; charset=utf-8"), answer.text
    read = Calendar.from_ical(answer.text)
    assert read.errors == []
    found = [
        (str(each["summary"]), each.decoded("dtstart"), each.decoded("dtend"), str(each.get("description", "")))
        for each in read.walk("VEVENT")
    ]
    assert len({str(each["uid"]) for each in read.walk("VEVENT")}) == len(found)
    return sorted(found, key=lambda each: each[1])


def test_a_user_reads_its_slots_and_the_public_what_is_kept_free(client: FlaskClient) -> None:
    """The slot itself for whoever booked it; the public calendar counts the time kept free as the booking's."""
    with clock.at(NOON):
        instrument, firm, other = cleaned(), make_enterprise(), make_enterprise()
        take(instrument, firm)
        take(instrument, other, Span(SLOT.start + timedelta(days=1), SLOT.start + timedelta(days=1, hours=1)), 4712)
        path = path_of(issue(client, firm))
        (mine,) = events(client, path)
        assert mine[:3] == (instrument.name, SLOT.start, SLOT.end)
        assert instrument.provider.name in mine[3]
        assert "4711" in mine[3]
        public = events(client, f"{API}/instruments/{instrument.id}/calendar.ics")
    (_, start, end, said) = public[0]
    assert (start, end, said) == (SLOT.start - timedelta(minutes=30), SLOT.start + timedelta(hours=3), "")


def test_an_owner_reads_slots_names_and_what_is_kept_free_apart(client: FlaskClient) -> None:
    """What is kept free stands beside the slot; nobody else gets an address for the instrument."""
    with clock.at(NOON):
        instrument, firm = cleaned(), make_enterprise()
        take(instrument, firm)
        asked = {"instrument_id": instrument.id}
        found = events(client, path_of(issue(client, instrument.provider, asked)))
        assert [each[1] for each in found] == [SLOT.start - timedelta(minutes=30), SLOT.start, SLOT.end]
        assert found[1][0] == firm.name
        assert "4711" in found[1][3]
        assert {each[0] for each in (found[0], found[2])} == {"预约前后留空 / Kept free around a booking"}
        assert issue(client, make_provider(), asked, expect=403)["code"] == "forbidden"
        assert issue(client, firm, asked, expect=403)["code"] == "forbidden"
        gone = {"instrument_id": 999_999_999}
        assert issue(client, instrument.provider, gone, expect=404)["code"] == "instrument_missing"


def test_a_calendar_without_events_is_one_too(client: FlaskClient) -> None:
    """RFC 5545, 3.6: a calendar has one component at least."""
    with clock.at(NOON):
        path = path_of(issue(client, make_enterprise()))
        answer = client.get(path)
    lines = answer.text.split("\r\n")
    assert (lines[0], lines[-2:]) == ("BEGIN:VCALENDAR", ["END:VCALENDAR", ""])
    assert "BEGIN:VTIMEZONE" in lines
    assert all(len(line.encode()) <= 75 for line in lines)
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_only_the_latest_address_that_nobody_revoked_answers(client: FlaskClient) -> None:
    """Renewed, revoked and unknown ones are not there, nor those of a user who may not sign in any more."""
    with clock.at(NOON):
        firm = make_enterprise()
        first, second = issue(client, firm), issue(client, firm)
        assert client.get(path_of(first)).get_json()["code"] == "calendar_missing"
        assert client.get(path_of(second)).status_code == 200
        wrong = path_of(second).replace("/calendar.ics", "x/calendar.ics")
        for unknown in (wrong, f"{API}/calendar-feeds/x/calendar.ics", f"{API}/calendar-feeds/a.b/calendar.ics"):
            assert client.get(unknown).status_code == 404
        kept = session().get_one(CalendarAddress, second["address"]["id"])
        assert second["url"].split("/")[-2].partition(".")[2].encode() not in kept.digest
        revoke = f"{API}/calendar-addresses/{kept.id}/revocation"
        assert client.post(revoke, headers=keyed(headers_of(make_enterprise()))).status_code == 404
        assert client.post(revoke, headers=keyed(headers_of(firm))).get_json()["ended_at"] is not None
        refused = client.post(revoke, headers=keyed(headers_of(firm)))
        assert (refused.status_code, refused.get_json()["code"]) == (409, "calendar_address_ended")
        assert client.get(path_of(second)).status_code == 404
        third = issue(client, firm)
        with transaction():
            number = session().get_one(CalendarAddress, third["address"]["id"]).user_id
            session().get_one(User, number).active = False
        assert client.get(path_of(third)).status_code == 404
        assert verify(INVARIANTS) == []


def test_a_calendar_is_read_so_often_an_hour(app: Flask, client: FlaskClient) -> None:
    """429 beyond, and again after the hour; each address counts for itself."""
    most = calendar_reads_an_hour(NOON.date())
    with clock.at(NOON):
        busy, quiet = path_of(issue(client, make_enterprise())), path_of(issue(client, make_enterprise()))
        assert {client.get(busy).status_code for _ in range(most)} == {200}
        refused = client.get(busy)
        assert (refused.status_code, refused.get_json()["code"]) == (429, "calendar_read_too_often")
        assert "Retry-After" in refused.headers
        assert client.get(quiet).status_code == 200
    with clock.at(NOON + timedelta(hours=1)):
        assert client.get(busy).status_code == 200
