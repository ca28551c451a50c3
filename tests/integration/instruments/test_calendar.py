"""Opening hours, bookings, closures, availability, the iCalendar feed; invariant 5."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select

from accounts.models import Organisation
from core import clock
from core.clock import SHANGHAI
from core.db import session, transaction
from core.errors import DomainError
from core.invariants import verify
from core.permissions import SYSTEM
from core.types import Span
from core.workdays import load_calendar
from instruments.models import Instrument, Occupancy
from instruments.queries import SlotTaken, booked_hours
from instruments.queries.invariants import INVARIANTS
from instruments.service.listings import suspend_listing
from instruments.steps import InstrumentNotPublished, SlotRefused, book, release
from tests.factories.accounts import actor_of, headers_of, keyed, make_bureau, make_enterprise
from tests.factories.instruments import ALWAYS, make_draft, make_instrument, next_slot

API = "/api/v1/instruments"


def take(instrument: Instrument, slot: Span, firm: Organisation, order_id: int) -> Occupancy:
    """Book a slot for an order."""
    with transaction():
        return book(
            order_id=order_id,
            instrument_id=instrument.id,
            during=slot,
            organisation_id=firm.id,
            calendar=load_calendar(),
            actor=actor_of(firm),
            now=clock.now(),
        )


def codes(error: pytest.ExceptionInfo[DomainError]) -> list[str]:
    """Codes of the reasons."""
    return [each.code for each in error.value.reasons]


def test_a_slot_is_booked_once(app: object) -> None:
    """Invariant 5; touching slots are fine."""
    instrument, firm = make_instrument(), make_enterprise()
    slot = next_slot()
    assert slot.end is not None
    take(instrument, slot, firm, 1)
    with pytest.raises(SlotTaken):
        take(instrument, Span(slot.start + timedelta(hours=1), slot.end + timedelta(hours=1)), firm, 2)
    take(instrument, Span(slot.end, slot.end + timedelta(hours=1)), firm, 3)
    assert booked_hours(1) == 2
    assert booked_hours(99) is None


def test_a_released_slot_is_free_again(app: object) -> None:
    """V12 hold: declined, lapsed, cancelled."""
    instrument, firm, slot = make_instrument(), make_enterprise(), next_slot()
    take(instrument, slot, firm, 1)
    with transaction():
        release(order_id=1, actor=SYSTEM, now=clock.now())
        release(order_id=1, actor=SYSTEM, now=clock.now())
    take(instrument, slot, firm, 2)
    assert booked_hours(2) == 2


def test_a_booking_lies_within_opening_hours(app: object) -> None:
    """Before eight, on Sunday, in the past, too far ahead, and without any hours."""
    instrument, firm = make_instrument(), make_enterprise()
    slot = next_slot()
    assert slot.end is not None
    with pytest.raises(SlotRefused) as early:
        take(instrument, Span(slot.start - timedelta(hours=2), slot.end), firm, 1)
    assert codes(early) == ["slot_outside_opening_hours"]
    with pytest.raises(SlotRefused) as past:
        take(instrument, Span(slot.start - timedelta(days=28), slot.end - timedelta(days=28)), firm, 1)
    assert codes(past) == ["slot_in_the_past"]
    with pytest.raises(SlotRefused) as far:
        take(instrument, Span(slot.start + timedelta(days=700), slot.end + timedelta(days=700)), firm, 1)
    assert codes(far) == ["slot_too_far"]
    with pytest.raises(SlotRefused) as never:
        take(make_instrument(hours=()), slot, firm, 1)
    assert codes(never) == ["slot_no_opening_hours"]


def test_a_booking_may_cross_midnight_where_the_instrument_is_open(app: object) -> None:
    """24 hours a day is one stretch."""
    instrument = make_instrument(hours=ALWAYS)
    slot = next_slot(hour=22, hours=8)
    take(instrument, slot, make_enterprise(), 1)
    assert booked_hours(1) == 8


def test_only_a_published_instrument_is_booked(app: object) -> None:
    """Drafts and suspended ones are not."""
    firm, slot = make_enterprise(), next_slot()
    with pytest.raises(InstrumentNotPublished):
        take(make_draft(), slot, firm, 1)
    instrument = make_instrument()
    suspend_listing(instrument_id=instrument.id, note="", actor=actor_of(instrument.provider), now=clock.now())
    with pytest.raises(InstrumentNotPublished):
        take(instrument, slot, firm, 1)


def test_the_week_is_put_as_a_whole_over_http(client: FlaskClient) -> None:
    """Across midnight and to 24:00; replaced, not added to."""
    instrument = make_instrument(hours=())
    owner, path = headers_of(instrument.provider), f"{API}/{instrument.id}/opening-hours"
    week = [
        {"weekday": 1, "opens": "08:00", "closes": "12:00"},
        {"weekday": 1, "opens": "22:00", "closes": "02:00"},
        {"weekday": 7, "opens": "00:00", "closes": "24:00"},
    ]
    assert client.put(path, json={"hours": week}, headers=owner).get_json() == {"hours": week}
    assert client.get(path).get_json() == {"hours": week}
    assert client.put(path, json={"hours": week[:1]}, headers=owner).get_json() == {"hours": week[:1]}


def test_faulty_weeks_are_refused_with_every_fault(client: FlaskClient) -> None:
    """Overlaps, also from Sunday night into Monday; a weekday of eight; a time of 25:00."""
    instrument = make_instrument()
    owner, path = headers_of(instrument.provider), f"{API}/{instrument.id}/opening-hours"
    week = [
        {"weekday": 1, "opens": "01:00", "closes": "12:00"},
        {"weekday": 1, "opens": "11:00", "closes": "13:00"},
        {"weekday": 7, "opens": "20:00", "closes": "02:00"},
    ]
    refused = client.put(path, json={"hours": week}, headers=owner)
    assert refused.status_code == 422
    assert [each["field"] for each in refused.get_json()["reasons"]] == ["hours.1", "hours.2"]
    unknown = [{"weekday": 8, "opens": "01:00", "closes": "02:00"}, {"weekday": 0, "opens": "01:00", "closes": "02:00"}]
    refused = client.put(path, json={"hours": unknown}, headers=owner)
    assert [each["code"] for each in refused.get_json()["reasons"]] == ["slot_weekday_unknown"] * 2
    wrong = client.put(path, json={"hours": [{"weekday": 1, "opens": "25:00", "closes": "9"}]}, headers=owner)
    assert len(wrong.get_json()["reasons"]) == 2


def test_closures_share_the_calendar_with_bookings(client: FlaskClient) -> None:
    """A closure over a booking is refused; one lifted early frees the time; only its owner may."""
    instrument, firm = make_instrument(), make_enterprise()
    slot = next_slot()
    assert slot.end is not None
    owner, path = headers_of(instrument.provider), f"{API}/{instrument.id}/closures"
    given = {"starts_at": slot.start.isoformat(), "ends_at": slot.end.isoformat()}
    given |= {"kind": "maintenance", "note": "校准"}
    assert client.post(path, json=given, headers=keyed(headers_of(firm))).status_code == 403
    made = client.post(path, json=given, headers=keyed(owner))
    assert made.status_code == 201
    with pytest.raises(SlotTaken):
        take(instrument, slot, firm, 1)
    assert client.delete(f"{path}/{made.get_json()['id']}", headers=owner).status_code == 204
    assert client.delete(f"{path}/{made.get_json()['id']}", headers=owner).status_code == 404
    booked = take(instrument, slot, firm, 1)
    taken = client.post(path, json=given, headers=keyed(owner))
    assert (taken.status_code, taken.get_json()["code"]) == (409, "slot_taken")
    assert client.delete(f"{path}/{booked.id}", headers=owner).status_code == 404
    reversed_period = {**given, "starts_at": given["ends_at"], "ends_at": given["starts_at"]}
    refused = client.post(path, json=reversed_period, headers=keyed(owner))
    assert (refused.status_code, refused.get_json()["reasons"][0]["code"]) == (422, "slot_reversed")
    booking = client.post(path, json={**given, "kind": "booking"}, headers=keyed(owner))
    assert booking.status_code == 422


def test_a_series_is_entered_whole_or_not_at_all(client: FlaskClient) -> None:
    """Every fault at once; each taken day is named; the rest ends together, what has ended before stays as it was."""
    instrument, slot = make_instrument(), next_slot()
    assert slot.end is not None
    owner, path = headers_of(instrument.provider), f"{API}/{instrument.id}/closures"
    given = {"starts_at": slot.start.isoformat(), "ends_at": slot.end.isoformat(), "every_days": 7}
    day = clock.today(slot.start)
    take(instrument, Span(slot.start + timedelta(days=14), slot.end + timedelta(days=14)), make_enterprise(), 1)
    until = (day + timedelta(days=21)).isoformat()
    refused = client.post(path, json={**given, "repeat_until": until}, headers=keyed(owner))
    assert (refused.status_code, refused.get_json()["code"]) == (409, "slot_taken")
    (named,) = refused.get_json()["reasons"]
    assert (day + timedelta(days=14)).isoformat() in named["text"]
    alternate = {**given, "every_days": 21, "repeat_until": until}
    made = client.post(path, json=alternate, headers=keyed(owner)).get_json()
    assert made["series_id"] == made["id"]
    shown = session().scalars(select(Occupancy).where(Occupancy.series_id == made["id"], Occupancy.live)).all()
    assert [clock.today(each.during.start) for each in shown] == [day, day + timedelta(days=21)]
    wrong = {**given, "ends_at": (slot.end + timedelta(days=9)).isoformat(), "repeat_until": "2026-01-01"}
    faults = client.post(path, json=wrong, headers=keyed(owner)).get_json()["reasons"]
    assert [each["code"] for each in faults] == ["series_over_before_it_begins", "series_overlaps_itself"]
    many = {**given, "every_days": 1, "repeat_until": (day + timedelta(days=300)).isoformat()}
    faults = client.post(path, json=many, headers=keyed(owner)).get_json()["reasons"]
    assert [each["code"] for each in faults] == ["series_too_many"]
    half = client.post(path, json={**given, "repeat_until": None}, headers=keyed(owner))
    assert [each["field"] for each in half.get_json()["reasons"]] == ["repeat_until"]
    assert client.delete(f"{path}/{made['id']}?series=true", headers=owner).status_code == 204
    left = select(Occupancy).where(Occupancy.series_id == made["id"], Occupancy.live)
    assert session().scalars(left).all() == []


def test_availability_shows_what_is_free_and_taken_without_names(client: FlaskClient) -> None:
    """Opening hours less bookings; nobody's name, note or order."""
    instrument, firm = make_instrument(), make_enterprise(name="不应出现的企业有限公司")
    slot = next_slot()
    take(instrument, slot, firm, 4711)
    day = slot.start.astimezone(SHANGHAI).replace(hour=0)
    window = {"from": day.isoformat(), "to": (day + timedelta(days=1)).isoformat()}
    answer = client.get(f"{API}/{instrument.id}/availability", query_string=window)

    def at(hour: int) -> str:
        return day.replace(hour=hour).astimezone(UTC).isoformat()

    seen = answer.get_json()
    assert seen["free"] == [
        {"starts_at": at(8), "ends_at": at(9)},
        {"starts_at": at(11), "ends_at": at(18)},
    ]
    assert seen["occupied"] == [{"kind": "booking", "starts_at": at(9), "ends_at": at(11)}]
    assert "4711" not in answer.text
    assert "企业" not in answer.text
    reversed_window = {"from": window["to"], "to": window["from"]}
    refused = client.get(f"{API}/{instrument.id}/availability", query_string=reversed_window)
    assert (refused.status_code, refused.get_json()["code"]) == (422, "window_refused")
    assert client.get(f"{API}/{instrument.id}/availability").status_code == 200


def test_the_calendar_feed_names_nobody(client: FlaskClient) -> None:
    """Notes of closures are for the owner and its bureau."""
    instrument, firm = make_instrument(), make_enterprise(name="不应出现的企业有限公司")
    slot = next_slot()
    assert slot.end is not None
    take(instrument, slot, firm, 1)
    owner, path = headers_of(instrument.provider), f"{API}/{instrument.id}"
    later = Span(slot.start + timedelta(days=1), slot.end + timedelta(days=1))
    assert later.end is not None
    given = {"starts_at": later.start.isoformat(), "ends_at": later.end.isoformat(), "note": "内部原因"}
    client.post(f"{path}/closures", json=given, headers=keyed(owner))
    public = client.get(f"{path}/calendar.ics")
    events = Calendar.from_ical(public.text).walk("VEVENT")
    assert [each.decoded("dtstart") for each in events] == [slot.start, later.start]
    assert "企业" not in public.text
    assert "内部原因" not in public.text
    for headers in (owner, headers_of(make_bureau(instrument.provider.city or ""))):
        assert "内部原因" in client.get(f"{path}/calendar.ics", headers=headers).text


def test_hours_that_change_leave_bookings_standing(client: FlaskClient) -> None:
    """Whoever booked keeps the slot."""
    instrument, slot = make_instrument(), next_slot()
    take(instrument, slot, make_enterprise(), 1)
    owner = headers_of(instrument.provider)
    client.put(f"{API}/{instrument.id}/opening-hours", json={"hours": []}, headers=owner)
    assert booked_hours(1) == 2


def test_verify_is_clean_after_all_of_it(client: FlaskClient) -> None:
    """Invariants 5 and 9 of this package."""
    instrument = make_instrument()
    take(instrument, next_slot(), make_enterprise(), 1)
    assert verify(INVARIANTS) == []
