"""Rules of bookings: of a provider and of one instrument, in bookings, quotes and availability."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core import clock
from core.clock import SHANGHAI
from core.db import session, transaction
from core.errors import DomainError
from core.invariants import verify
from core.permissions import VISITOR
from core.types import Span
from core.workdays import load_calendar
from instruments.models import Occupancy
from instruments.queries import SlotTaken, availability, booked_hours
from instruments.queries.invariants import INVARIANTS
from instruments.rules.booking import BookingRules
from instruments.rules.opening import MINUTES_A_DAY, WeeklyHours, hours_faults
from instruments.service.booking_rules import set_instrument_rules, set_provider_rules
from instruments.service.calendar import set_opening_hours
from instruments.steps import SlotRefused, book
from tests.factories.accounts import actor_of, headers_of, make_enterprise, make_provider
from tests.factories.instruments import ALWAYS, make_instrument, next_slot

API = "/api/v1"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def take(instrument_id: int, slot: Span, firm_id: int, order_id: int, *, now: datetime | None = None) -> Occupancy:
    """Book a slot for an order."""
    moment = now or clock.now()
    with transaction():
        return book(
            order_id=order_id,
            instrument_id=instrument_id,
            during=slot,
            organisation_id=firm_id,
            calendar=load_calendar(),
            actor=VISITOR,
            now=moment,
        )


def later(slot: Span, by: timedelta) -> Span:
    """The same slot at another time."""
    assert slot.end is not None
    return Span(slot.start + by, slot.end + by)


def codes(refused: pytest.ExceptionInfo[DomainError]) -> list[str]:
    """Codes of the reasons."""
    return [each.code for each in refused.value.reasons]


def test_time_kept_free_around_a_booking_is_nobody_elses(app: Flask) -> None:
    """Invariant 5 holds for it too; both bookings keep their own time free, and hours count without it."""
    instrument, firm = make_instrument(hours=ALWAYS), make_enterprise()
    owner, now, slot = actor_of(instrument.provider), clock.now(), next_slot()
    rules = BookingRules(before_minutes=30, after_minutes=60)
    set_instrument_rules(instrument_id=instrument.id, rules=rules, actor=owner, now=now)
    taken = take(instrument.id, slot, firm.id, 1)
    assert (taken.slot, taken.during.duration) == (slot, slot.duration + 1.5 * HOUR)
    assert booked_hours(1) == 2
    for by in (3.4 * HOUR, -3.4 * HOUR):
        with pytest.raises(SlotTaken):
            take(instrument.id, later(slot, by), firm.id, 2)
    take(instrument.id, later(slot, 3.5 * HOUR), firm.id, 3)
    take(instrument.id, later(slot, -3.5 * HOUR), firm.id, 4)
    assert verify(INVARIANTS) == []


def test_rules_that_change_leave_what_is_held_standing(app: Flask) -> None:
    """Time kept free under old rules stays so; a new booking brings its own."""
    instrument, firm = make_instrument(hours=ALWAYS), make_enterprise()
    owner, now, slot = actor_of(instrument.provider), clock.now(), next_slot()
    set_instrument_rules(instrument_id=instrument.id, rules=BookingRules(after_minutes=60), actor=owner, now=now)
    take(instrument.id, slot, firm.id, 1)
    set_instrument_rules(instrument_id=instrument.id, rules=BookingRules(), actor=owner, now=now)
    with pytest.raises(SlotTaken):
        take(instrument.id, later(slot, 2 * HOUR), firm.id, 2)
    take(instrument.id, later(slot, 3 * HOUR), firm.id, 2)


def test_an_instrument_follows_its_provider_until_it_has_rules_of_its_own(client: FlaskClient) -> None:
    """And again once they are taken back; a neighbour's rules are none of its business."""
    instrument = make_instrument(hours=ALWAYS)
    owner, path = headers_of(instrument.provider), f"{API}/instruments/{instrument.id}/booking-rules"
    others = headers_of(make_provider())
    assert client.put(f"{API}/booking-rules", json={"step_minutes": 120}, headers=others).status_code == 200
    assert client.get(path).get_json()["rules"]["step_minutes"] is None
    assert client.put(f"{API}/booking-rules", json={"step_minutes": 60}, headers=owner).status_code == 200
    assert client.get(f"{API}/booking-rules", headers=owner).get_json()["step_minutes"] == 60
    assert client.get(path).get_json() | {"rules": None} == {"is_own": False, "rules": None}
    assert client.get(path).get_json()["rules"]["step_minutes"] == 60
    own = client.put(path, json={"min_minutes": 30, "closed_on_holidays": True}, headers=owner).get_json()
    assert (own["is_own"], own["rules"]["step_minutes"], own["rules"]["min_minutes"]) == (True, None, 30)
    assert client.get(path).get_json() == own
    slot = next_slot()
    off_grid = Span(slot.start + 10 * MINUTE, slot.start + 50 * MINUTE)
    firm = make_enterprise()
    take(instrument.id, off_grid, firm.id, 1)
    assert [client.delete(path, headers=owner).status_code for _ in range(2)] == [204, 204]
    with pytest.raises(SlotRefused) as refused:
        take(instrument.id, later(off_grid, HOUR), firm.id, 2)
    assert codes(refused) == ["slot_off_grid", "slot_length_off_grid"]


def test_faulty_rules_are_refused_with_every_fault(client: FlaskClient) -> None:
    """What cannot be read at once, and what contradicts itself at once."""
    instrument = make_instrument()
    owner, path = headers_of(instrument.provider), f"{API}/instruments/{instrument.id}/booking-rules"
    unread = client.put(path, json={"min_minutes": 0, "makeup_weekday": 8, "before_minutes": -1}, headers=owner)
    assert unread.status_code == 422
    assert {each["field"] for each in unread.get_json()["reasons"]} == {
        "min_minutes",
        "makeup_weekday",
        "before_minutes",
    }
    wrong = {"min_minutes": 90, "max_minutes": 60, "step_minutes": 7, "week_hours": 9, "month_hours": 8}
    refused = client.put(path, json=wrong, headers=owner)
    assert (refused.status_code, refused.get_json()["code"]) == (422, "rules_refused")
    fields = [each["field"] for each in refused.get_json()["reasons"]]
    assert fields == ["max_minutes", "step_minutes", "month_hours"]
    assert client.get(path).get_json()["is_own"] is False


def test_availability_names_what_is_closed_and_where_to_begin(client: FlaskClient) -> None:
    """A holiday, nights, the lead time; what is kept free; starts on the grid; provisional where it matters."""
    now = datetime(2026, 9, 30, 9, 30, tzinfo=SHANGHAI)
    with clock.at(now):
        hours = [WeeklyHours(day, 480, 1080) for day in range(1, 8)]
        instrument, firm = make_instrument(hours=hours), make_enterprise()
        rules = BookingRules(step_minutes=60, after_minutes=30, lead_minutes=60, closed_on_holidays=True)
        owner = actor_of(instrument.provider)
        set_provider_rules(rules=rules, actor=owner, now=now)
        take(instrument.id, Span(at(30, 12), at(30, 14)), firm.id, 1)
        path = f"{API}/instruments/{instrument.id}/availability"
        asked = {"from": at(30, 8).isoformat(), "to": at(32, 0).isoformat(), "minutes": 120}
        seen = client.get(path, query_string=asked).get_json()
        said = {"from": "2026-12-30T00:00:00+08:00", "to": "2027-01-02T00:00:00+08:00"}
        assert client.get(path, query_string=said).get_json()["provisional"] is True
    assert seen["provisional"] is False
    assert times(seen["free"]) == [(at(30, 10, 30), at(30, 11, 30)), (at(30, 14, 30), at(30, 18))]
    assert [(each["kind"], *when) for each, when in zip(seen["closed"], times(seen["closed"]), strict=True)] == [
        ("lead_time", at(30, 8), at(30, 10, 30)),
        ("hours", at(30, 18), at(31, 8)),
        ("holiday", at(31, 8), at(31, 18)),
        ("hours", at(31, 18), at(32, 0)),
    ]
    assert [each["kind"] for each in seen["occupied"]] == ["booking", "buffer"]
    (starts,) = seen["starts"]
    assert starts == {"first": iso(at(30, 15)), "last": iso(at(30, 16)), "every_minutes": 60}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant by the day of September 2026 in Shanghai, on into October."""
    midnight = datetime(2026, 9, 1, tzinfo=SHANGHAI).astimezone(UTC) + timedelta(days=day - 1)
    return midnight + timedelta(hours=hour, minutes=minute)


def iso(moment: datetime) -> str:
    return moment.isoformat()


def times(found: list[dict[str, str]]) -> list[tuple[datetime, datetime]]:
    return [(datetime.fromisoformat(each["starts_at"]), datetime.fromisoformat(each["ends_at"])) for each in found]


def test_a_quota_holds_however_many_ask_at_once(committed_app: Flask) -> None:
    """Ten slots apart from each other, three of which a week allows."""
    instrument = make_instrument(hours=ALWAYS)
    instrument_id, firm_id, slot = instrument.id, make_enterprise().id, next_slot()
    owner, now = actor_of(instrument.provider), clock.now()
    rules = BookingRules(week_hours=6, open_bookings=5)
    set_instrument_rules(instrument_id=instrument_id, rules=rules, actor=owner, now=now)
    session().rollback()
    outcomes: list[str] = []
    begun = threading.Barrier(10, timeout=60)

    def run(number: int) -> None:
        with committed_app.app_context():
            begun.wait()
            try:
                take(instrument_id, later(slot, timedelta(hours=2 * number - 9)), firm_id, number + 1, now=now)
                outcomes.append("booked")
            except DomainError as refused:
                outcomes.extend(each.code for each in refused.reasons)
            finally:
                session().rollback()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(10)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert Counter(outcomes) == {"booked": 3, "slot_quota_week": 7}
    assert session().scalar(select(func.count()).select_from(Occupancy)) == 3


YEAR_END = datetime(2026, 12, 28, tzinfo=SHANGHAI).astimezone(UTC)
"""A Monday; the holidays of 2027 are not published, those of 2026 are."""
NATIONAL_DAY = datetime(2026, 9, 28, tzinfo=SHANGHAI).astimezone(UTC)

steps = st.sampled_from([None, 15, 30, 60, 90])
rulesets = st.builds(
    BookingRules,
    min_minutes=st.sampled_from([None, 30, 60, 120]),
    max_minutes=st.sampled_from([None, 180, 24 * 60]),
    step_minutes=steps,
    before_minutes=st.sampled_from([0, 15, 45]),
    after_minutes=st.sampled_from([0, 20, 60]),
    lead_minutes=st.sampled_from([0, 90, 2 * MINUTES_A_DAY]),
    horizon_days=st.sampled_from([None, 4]),
    closed_on_holidays=st.booleans(),
    makeup_weekday=st.sampled_from([None, 1, 5]),
)
weekly = st.lists(
    st.builds(
        lambda weekday, opens, length: WeeklyHours(weekday, opens * 30, opens * 30 + length * 30),
        st.integers(1, 7),
        st.integers(0, 47),
        st.integers(1, 48),
    ),
    max_size=8,
).filter(lambda week: not hours_faults(week))
quarters = st.tuples(
    st.integers(0, 6 * 24 * 4), st.sampled_from([15, 30, 45, 60, 90, 120, 180, 600, 1440]), st.booleans()
)
"""A start, a length, and whether a start that is named is taken instead."""


@settings(max_examples=60)
@given(rulesets, weekly, st.lists(quarters, min_size=1, max_size=12), st.sampled_from([YEAR_END, NATIONAL_DAY]))
def test_availability_is_exactly_what_book_accepts(
    app: Flask, rules: BookingRules, week: list[WeeklyHours], wishes: list[tuple[int, int, bool]], monday: datetime
) -> None:
    """For random hours, rules and slots, over midnight, a holiday and the year's end: a start that is named is booked,
    one that is not is refused, and nothing that is booked overlaps or lies outside the hours."""
    now = monday + 7 * HOUR + 10 * MINUTE
    window = (monday, monday + timedelta(days=8))
    with clock.at(now):
        instrument, firm = make_instrument(hours=()), make_enterprise()
        owner = actor_of(instrument.provider)
        set_opening_hours(instrument_id=instrument.id, hours=week, actor=owner, now=now)
        set_instrument_rules(instrument_id=instrument.id, rules=rules, actor=owner, now=now)
        for order_id, (quarter, minutes, obeys) in enumerate(wishes, start=instrument.id * 100):
            start, length = monday + quarter * 15 * MINUTE, minutes * MINUTE
            seen = availability(instrument.id, start=window[0], end=window[1], length=length, actor=VISITOR, now=now)
            if obeys and seen["starts"]:
                start = seen["starts"][quarter % len(seen["starts"])].last
            named = any(
                each.first <= start <= each.last and not (start - each.first) % each.every for each in seen["starts"]
            )
            try:
                take(instrument.id, Span(start, start + length), firm.id, order_id, now=now)
                accepted = True
            except (SlotRefused, SlotTaken):
                accepted = False
            assert accepted == named, (start.astimezone(SHANGHAI), minutes)
        assert verify(INVARIANTS) == []


def test_availability_tells_what_is_left_of_a_users_quotas(client: FlaskClient) -> None:
    """Of one's own or of an organisation one acts for; what is told is exactly what may still be booked."""
    instrument, firm = make_instrument(hours=ALWAYS), make_enterprise()
    now, slot = clock.now(), Span(*(next_slot().start + timedelta(days=7, hours=hours) for hours in (0, 2)))
    rules = BookingRules(week_hours=5, month_hours=100, open_bookings=2)
    set_instrument_rules(instrument_id=instrument.id, rules=rules, actor=actor_of(instrument.provider), now=now)
    take(instrument.id, slot, firm.id, 1)
    path = f"{API}/instruments/{instrument.id}/availability"
    query = {"from": slot.start.isoformat(), "to": (slot.start + HOUR).isoformat()}
    told = client.get(path, query_string=query, headers=headers_of(firm)).get_json()["quota"]
    assert (told["organisation_id"], told["open_bookings"]) == (firm.id, 1)
    assert [each["minutes"] for each in told["weeks"]] == [180]
    assert [each["minutes"] for each in told["months"]] == [98 * 60]
    assert client.get(path, query_string=query).get_json()["quota"] is None
    foreign = client.get(
        path, query_string={**query, "organisation_id": firm.id}, headers=headers_of(make_enterprise())
    )
    assert foreign.status_code == 404
    rest = Span(slot.start + 3 * HOUR, slot.start + 6 * HOUR)
    with pytest.raises(SlotRefused) as refused:
        take(instrument.id, Span(rest.start, rest.start + 3 * HOUR + MINUTE), firm.id, 2)
    assert codes(refused) == ["slot_quota_week"]
    take(instrument.id, rest, firm.id, 2)
    told = client.get(path, query_string=query, headers=headers_of(firm)).get_json()["quota"]
    assert (told["open_bookings"], told["weeks"][0]["minutes"]) == (0, 0)
