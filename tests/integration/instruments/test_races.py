"""Invariant 5 under racing clients, and the proof that the race is real without its guard."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from flask import Flask
from sqlalchemy import delete, select

from core import clock
from core.db import session, transaction
from core.invariants import verify
from core.types import Span
from core.workdays import load_calendar
from instruments.models import Occupancy, RunningStretch, SensorDayDue, SensorReading
from instruments.queries import SlotTaken
from instruments.queries.invariants import INVARIANTS
from instruments.queries.usage import uses_of
from instruments.rules.readings import Reading
from instruments.rules.terms import OccupancyKind, UsePurpose
from instruments.service.readings import Line, derive_anew, derive_due, take_batch
from instruments.service.sensors import issue_key, place_sensor, register_sensor
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


def test_one_batch_sent_many_times_at_once_is_taken_once(committed_app: Flask) -> None:
    """S19: the others count duplicates; nobody waits for ever, and every day is still to be derived."""
    instrument, now = make_instrument(), clock.now()
    actor = actor_of(instrument.provider)
    numbers = []
    for serial in ("S-1", "S-2"):
        sensor = register_sensor(serial=serial, running_from_w=None, actor=actor, now=now)
        numbers.append(sensor.id)
    token = issue_key(label="网关", instrument_id=None, actor=actor, now=now).token
    session().rollback()
    readings = [
        Reading(serial=serial, at=now - timedelta(minutes=minutes), sequence=minutes, running=True)
        for minutes in range(1, 26)
        for serial in ("S-1", "S-2")
    ]
    outcomes: list[tuple[int, int]] = []

    def attempt(number: int) -> None:
        ordered = readings if number % 2 else readings[::-1]
        lines = [Line(at, each) for at, each in enumerate(ordered, start=1)]
        taken = take_batch(lines=lines, token=token, now=now)
        outcomes.append((taken.taken, taken.duplicates))

    assert race(committed_app, attempt, clients=8) == {"booked": 8}
    assert sorted(outcomes) == [*[(0, 50)] * 7, (50, 0)]
    assert len(session().scalars(select(SensorReading)).all()) == 50
    due = {each.sensor_id for each in session().scalars(select(SensorDayDue))}
    assert due == set(numbers)


def test_readings_that_come_while_their_day_is_derived_are_derived_afterwards(committed_app: Flask) -> None:
    """Batches and derivations at once: in the end, what is derived is what deriving all anew gives."""
    instrument, now = make_instrument(), clock.now()
    actor = actor_of(instrument.provider)
    sensor = register_sensor(serial="S-1", running_from_w=None, actor=actor, now=now)
    since = now - timedelta(days=1)
    place_sensor(sensor_id=sensor.id, instrument_id=instrument.id, starts_at=since, actor=actor, now=now)
    token = issue_key(label="网关", instrument_id=None, actor=actor, now=now).token
    session().rollback()

    def attempt(number: int) -> None:
        if number % 2:
            derive_due(now=now)
            return
        read = Reading(serial="S-1", at=now - timedelta(minutes=10 * number), running=True)
        take_batch(lines=[Line(1, read)], token=token, now=now)

    assert race(committed_app, attempt, clients=12) == {"booked": 12}
    derive_due(now=now)
    every = select(RunningStretch.day, RunningStretch.starts_at, RunningStretch.ends_at)
    known = sorted(session().execute(every).all())
    session().rollback()
    with transaction() as current:
        current.execute(delete(RunningStretch))
    derive_anew(since=since, until=now + timedelta(days=1), now=now)
    assert sorted(session().execute(every).all()) == known
    assert sum((end - start for _, start, end in known), timedelta()) == timedelta(minutes=100)


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
