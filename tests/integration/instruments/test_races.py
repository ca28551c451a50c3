"""Invariant 5 under racing clients, and the proof that the race is real without its guard."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from core import clock
from core.db import session, transaction
from core.invariants import verify
from core.types import Span
from core.workdays import load_calendar
from instruments.models import Occupancy
from instruments.queries import SlotTaken
from instruments.queries.invariants import INVARIANTS
from instruments.queries.usage import uses_of
from instruments.rules.terms import OccupancyKind, UsePurpose
from instruments.service.usage import UseCorrected, correct_use, log_own_use
from instruments.steps import Used, book
from tests.databases import Database
from tests.factories.accounts import actor_of, make_enterprise
from tests.factories.instruments import make_instrument, next_slot

CLIENTS = 40
NAIVE_CLIENTS = 20
"""Fewer, as all of them hold a connection at the same moment and the pool has thirty-two."""


def race(app: Flask, attempt: Callable[[int], None], *, clients: int = CLIENTS) -> Counter[str]:
    """So many threads at once, each with a context and connection of its own; what became of each."""
    outcomes: list[str] = []
    barrier = threading.Barrier(clients, timeout=60)

    def run(number: int) -> None:
        with app.app_context():
            barrier.wait()
            try:
                attempt(number)
                outcomes.append("booked")
            except Exception as failure:  # noqa: BLE001 - whatever happens is counted
                outcomes.append(type(failure).__name__)
            finally:
                session().rollback()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(1, clients + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(outcomes)


def test_forty_bookings_for_one_slot_give_one_success_and_thirty_nine_refusals(committed_app: Flask) -> None:
    """Invariant 5: no deadlock, no other error."""
    instrument_id, slot, firm = make_instrument().id, next_slot(), make_enterprise()
    firm_id, actor, now, calendar = firm.id, actor_of(firm), clock.now(), load_calendar()
    session().rollback()

    def attempt(number: int) -> None:
        with transaction():
            book(
                order_id=number,
                instrument_id=instrument_id,
                during=slot,
                organisation_id=firm_id,
                calendar=calendar,
                actor=actor,
                now=now,
            )

    assert race(committed_app, attempt) == {"booked": 1, SlotTaken.__name__: CLIENTS - 1}
    assert len(session().scalars(select(Occupancy)).all()) == 1
    assert verify(INVARIANTS) == []


def test_of_many_corrections_at_once_one_stands(committed_app: Flask) -> None:
    """S19: the others find that the entry was corrected, and nothing is counted twice."""
    instrument = make_instrument()
    instrument_id, actor, now = instrument.id, actor_of(instrument.provider), clock.now()
    period = Used(starts_at=now - timedelta(hours=3), ends_at=now - timedelta(hours=1), operator="张工")
    wrong = log_own_use(instrument_id=instrument_id, purpose=UsePurpose.OWN, used=period, actor=actor, now=now).id
    session().rollback()

    def attempt(number: int) -> None:
        mended = replace(period, operator=f"第{number}人")
        correct_use(instrument_id=instrument_id, use_id=wrong, used=mended, why="记错", actor=actor, now=now)

    assert race(committed_app, attempt, clients=8) == {"booked": 1, UseCorrected.__name__: 7}
    assert len(session().scalars(uses_of(instrument_id)).all()) == 1
    assert verify(INVARIANTS) == []


def test_without_constraint_and_lock_a_slot_is_booked_twice(committed_app: Flask, database: Database) -> None:
    """The guard taken away: look first, then insert. The race happens, so the test above is known to bite, and verify
    names the overlap."""
    with database.connect(autocommit=True) as connection:
        connection.execute("ALTER TABLE occupancy DROP CONSTRAINT ex_occupancy_during")
    instrument_id, slot, firm_id = make_instrument().id, next_slot(), make_enterprise().id
    session().rollback()
    looked = threading.Barrier(NAIVE_CLIENTS, timeout=60)

    def attempt(number: int) -> None:
        naive_booking(instrument_id, slot, firm_id, number, looked)

    outcomes = race(committed_app, attempt, clients=NAIVE_CLIENTS)
    assert outcomes["booked"] > 1
    assert {each.number for each in verify(INVARIANTS)} == {5}


def naive_booking(instrument_id: int, slot: Span, firm_id: int, number: int, looked: threading.Barrier) -> None:
    """What a service without guards would do."""
    with transaction() as current:
        taken = current.scalars(select(Occupancy).where(Occupancy.instrument_id == instrument_id)).all()
        looked.wait()
        if taken:
            raise SlotTaken
        current.add(
            Occupancy(
                instrument_id=instrument_id,
                kind=OccupancyKind.BOOKING,
                during=slot,
                live=True,
                order_id=number,
                organisation_id=firm_id,
                created_at=clock.now(),
            )
        )
