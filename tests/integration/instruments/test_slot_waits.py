"""Waiting for a slot: who may, who is told when, and that one is told once whoever looks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from accounts.models import Notice, Organisation
from core import clock
from core.audit import AuditEntry
from core.db import session, transaction
from core.invariants import verify
from core.permissions import SYSTEM
from core.types import Span
from core.workdays import load_calendar
from instruments.models import Instrument, SlotWait
from instruments.policy import waiting_terms
from instruments.queries.invariants import INVARIANTS
from instruments.rules.booking import BookingRules
from instruments.rules.terms import OccupancyKind
from instruments.service.booking_rules import set_instrument_rules
from instruments.service.calendar import add_closure, remove_closure
from instruments.service.slot_waits import stop_waiting, tell_waiting, wait_for_slot
from instruments.states import SlotWaitState
from instruments.steps import book, release
from marketplace.notifications.telling import tell
from tests.factories.accounts import actor_of, headers_of, keyed, make_enterprise
from tests.factories.instruments import ALWAYS, make_instrument
from tests.support.settling import settle

API = "/api/v1"
NOON = datetime(2026, 3, 2, 12, tzinfo=clock.SHANGHAI)
HOUR = timedelta(hours=1)
SLOT = Span(NOON + timedelta(days=3), NOON + timedelta(days=3, hours=2))
TERM = waiting_terms(NOON.date()).term
WAITING, OFFERED = SlotWaitState.WAITING, SlotWaitState.OFFERED
Json = dict[str, Any]


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.at(NOON):
        yield


def take(instrument: Instrument, firm: Organisation, order_id: int, slot: Span = SLOT, now: datetime = NOON) -> None:
    with transaction():
        book(
            order_id=order_id,
            instrument_id=instrument.id,
            during=slot,
            organisation_id=firm.id,
            calendar=load_calendar(),
            actor=actor_of(firm),
            now=now,
        )


def cancel(order_id: int) -> None:
    with transaction():
        release(order_id=order_id, actor=SYSTEM, now=NOON)


def wait(instrument: Instrument, firm: Organisation, slot: Span = SLOT) -> int:
    assert slot.end is not None
    made = wait_for_slot(
        instrument_id=instrument.id,
        starts_at=slot.start,
        ends_at=slot.end,
        beneficiary_id=None,
        actor=actor_of(firm),
        now=NOON,
    )
    return made.id


def states(*numbers: int) -> list[SlotWaitState]:
    return [session().get_one(SlotWait, number).state for number in numbers]


def ask(client: FlaskClient, instrument: Instrument, firm: Organisation, *, hours: float = 0) -> Json:
    body = {
        "starts_at": (SLOT.start + hours * HOUR).isoformat(),
        "ends_at": (SLOT.start + (hours + 2) * HOUR).isoformat(),
    }
    answer = client.post(f"{API}/instruments/{instrument.id}/slot-waits", json=body, headers=keyed(headers_of(firm)))
    found: Json = answer.get_json()
    return found


def codes(refused: Json) -> list[str]:
    return [each["code"] for each in refused["reasons"]]


def test_those_who_wait_are_told_in_order_each_for_a_term(client: FlaskClient) -> None:
    """The first is told once the booking is gone, the next when the term is over or the first declines."""
    instrument = make_instrument(hours=ALWAYS)
    has, *others = [make_enterprise() for _ in range(4)]
    take(instrument, has, 1)
    shown = [ask(client, instrument, each) for each in others]
    assert [each["ahead"] for each in shown] == [0, 1, 2]
    first, second, third = (each["id"] for each in shown)
    assert tell_waiting(now=NOON) == 0
    cancel(1)
    assert [tell_waiting(now=NOON), tell_waiting(now=NOON)] == [1, 0]
    assert states(first, second, third) == [OFFERED, WAITING, WAITING]
    seen = client.get(f"{API}/slot-waits/{first}", headers=headers_of(others[0])).get_json()
    assert datetime.fromisoformat(seen["book_by"]) == NOON + TERM
    assert client.get(f"{API}/slot-waits/{first}", headers=headers_of(others[1])).status_code == 404
    later = NOON + TERM
    assert tell_waiting(now=later) == 1
    assert states(first, second, third) == [SlotWaitState.PASSED, OFFERED, WAITING]
    stop_waiting(wait_id=second, actor=actor_of(others[1]), now=later)
    assert tell_waiting(now=later) == 1
    take(instrument, others[2], 2, now=later)
    assert tell_waiting(now=later) == 0
    assert states(second, third) == [SlotWaitState.WITHDRAWN, SlotWaitState.BOOKED]
    refused = client.post(f"{API}/slot-waits/{third}/withdrawal", headers=keyed(headers_of(others[2])))
    assert (refused.status_code, refused.get_json()["code"]) == (409, "state_forbids")
    assert verify(INVARIANTS) == []


def test_nothing_is_held_and_who_loses_the_slot_keeps_the_place(app: Flask) -> None:
    """Anybody books while the first has the term; the place is kept, also where a closure stood in the way."""
    instrument = make_instrument(hours=ALWAYS)
    has, quick, first, second = [make_enterprise() for _ in range(4)]
    take(instrument, has, 1)
    numbers = wait(instrument, first), wait(instrument, second)
    cancel(1)
    tell_waiting(now=NOON)
    take(instrument, quick, 2)
    assert tell_waiting(now=NOON) == 0
    assert states(*numbers) == [WAITING, WAITING]
    cancel(2)
    assert SLOT.end is not None
    closure = add_closure(
        instrument_id=instrument.id,
        kind=OccupancyKind.MAINTENANCE,
        starts_at=SLOT.start,
        ends_at=SLOT.end,
        note="",
        again=None,
        actor=actor_of(instrument.provider),
        now=NOON,
    )
    assert tell_waiting(now=NOON) == 0
    owner = actor_of(instrument.provider)
    remove_closure(instrument_id=instrument.id, occupancy_id=closure.id, series=False, actor=owner, now=NOON)
    assert tell_waiting(now=NOON) == 1
    assert states(*numbers) == [OFFERED, WAITING]
    tell_waiting(now=SLOT.start)
    assert states(*numbers) == [SlotWaitState.EXPIRED] * 2
    assert verify(INVARIANTS) == []


def test_a_slot_is_offered_only_where_all_of_it_can_be_booked(app: Flask) -> None:
    """Half of it, or with too little time kept free, is not free; who waits for the half is told meanwhile."""
    instrument = make_instrument(hours=ALWAYS)
    firms = [make_enterprise() for _ in range(4)]
    half = Span(SLOT.start, SLOT.start + HOUR)
    assert SLOT.end is not None
    take(instrument, firms[0], 1, half)
    take(instrument, firms[1], 2, Span(half.start + HOUR, SLOT.end))
    whole, part = wait(instrument, firms[2]), wait(instrument, firms[3], half)
    cancel(1)
    tell_waiting(now=NOON)
    assert states(whole, part) == [WAITING, OFFERED]
    cancel(2)
    assert tell_waiting(now=NOON) == 0
    rules = BookingRules(lead_minutes=60 * 24 * 4)
    set_instrument_rules(instrument_id=instrument.id, rules=rules, actor=actor_of(instrument.provider), now=NOON)
    tell_waiting(now=NOON + TERM)
    assert states(whole, part) == [WAITING, SlotWaitState.PASSED]


def test_one_waits_for_what_one_could_book_and_once(client: FlaskClient) -> None:
    """What is free, one's own, waited for, past or closed is refused with every reason; and so many at a time."""
    instrument, has, firm = make_instrument(hours=ALWAYS), make_enterprise(), make_enterprise()
    take(instrument, has, 1)
    assert codes(ask(client, instrument, firm, hours=2)) == ["slot_is_free"]
    assert codes(ask(client, instrument, has)) == ["slot_is_own"]
    assert codes(ask(client, instrument, firm, hours=-96)) == ["slot_in_the_past", "slot_is_free"]
    assert ask(client, instrument, firm)["state"] == "waiting"
    assert codes(ask(client, instrument, firm, hours=1)) == ["slot_waited_for"]
    most = waiting_terms(NOON.date()).most
    for number in range(1, most):
        other = make_instrument(instrument.provider, hours=ALWAYS)
        take(other, has, 10 + number)
        wait(other, firm)
    last = make_instrument(instrument.provider, hours=ALWAYS)
    take(last, has, 100)
    assert codes(ask(client, last, firm)) == ["slot_waits_full"]


def test_two_workers_tell_each_once(committed_app: Flask) -> None:
    """All look at the same moment: one offer, one entry in the trail, and one notice with its last day."""
    instrument = make_instrument(hours=ALWAYS)
    has, first, second = [make_enterprise() for _ in range(3)]
    take(instrument, has, 1)
    numbers = wait(instrument, first), wait(instrument, second)
    cancel(1)
    first_id = first.id
    session().rollback()
    told: list[int] = []
    barrier = threading.Barrier(4, timeout=60)

    def look() -> None:
        with committed_app.app_context():
            barrier.wait()
            try:
                told.append(tell_waiting(now=NOON))
            finally:
                session().rollback()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=60)
    assert sorted(told) == [0, 0, 0, 1]
    assert states(*numbers) == [OFFERED, WAITING]
    entries = select(func.count()).where(AuditEntry.subject_kind == "slot_wait", AuditEntry.action == "offer_slot")
    assert session().scalar(entries) == 1
    settle()
    tell(now=NOON)
    (notice,) = session().scalars(select(Notice).where(Notice.subject_kind == "slot_wait"))
    assert (notice.organisation_id, notice.task, notice.due_on) == (first_id, True, (NOON + TERM).date())
    assert verify(INVARIANTS) == []
