"""Taking and giving back an instrument's time."""

from __future__ import annotations

from datetime import datetime

from psycopg import errors as pg
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core import audit
from core.clock import today
from core.db import require_transaction
from core.errors import Conflict, Refused, reason
from core.failpoints import failpoint
from core.permissions import Actor
from core.types import Span
from instruments.models import Instrument, Occupancy
from instruments.policy import booking_policy
from instruments.queries.calendar import interval, occupied, opening_hours
from instruments.queries.instruments import InstrumentMissing
from instruments.queries.offers import SlotTaken
from instruments.rules.opening import slot_faults
from instruments.rules.terms import OccupancyKind
from instruments.states import ListingState


class InstrumentNotPublished(Conflict):
    """Only a published instrument can be booked."""

    code = "instrument_not_published"
    article = "V11"


class SlotRefused(Refused):
    """The slot cannot be booked; every fault is named."""

    code = "slot_refused"


def book(
    *, order_id: int, instrument_id: int, during: Span, organisation_id: int, actor: Actor, now: datetime
) -> Occupancy:
    """Book an instrument for an order.

    The instrument's row is locked first: racing inserts against the exclusion constraint would deadlock. Raises
    :class:`InstrumentNotPublished`, :class:`SlotRefused`, and
    :class:`~instruments.queries.offers.SlotTaken`, after which the transaction must be given up.
    """
    instrument = lock_for_booking(instrument_id)
    failpoint("instruments.booking.locked")
    if instrument.state is not ListingState.PUBLISHED:
        raise InstrumentNotPublished
    limits = booking_policy(today(now))
    faults = slot_faults(
        interval(during),
        hours=opening_hours(instrument.id),
        now=now,
        longest=limits.longest,
        horizon=limits.horizon,
    )
    if faults:
        raise SlotRefused(reasons=faults)
    taken = Occupancy(
        instrument_id=instrument.id,
        kind=OccupancyKind.BOOKING,
        during=during,
        live=True,
        order_id=order_id,
        organisation_id=organisation_id,
        created_by=actor.user_id,
        created_at=now,
    )
    booked = occupy(taken, actor=actor, now=now)
    failpoint("instruments.booking.booked")
    return booked


def occupy(taken: Occupancy, *, actor: Actor, now: datetime) -> Occupancy:
    """Put a window into the calendar of an instrument whose row is locked; raises SlotTaken."""
    current = require_transaction()
    span = interval(taken.during)
    if occupied(taken.instrument_id, span.start, span.end):
        raise SlotTaken(reasons=[reason("slot_taken", field="starts_at")])
    current.add(taken)
    try:
        current.flush()
    except IntegrityError as violated:
        if isinstance(violated.orig, pg.ExclusionViolation):
            raise SlotTaken(reasons=[reason("slot_taken", field="starts_at")]) from violated
        raise
    audit.record(
        actor=actor,
        now=now,
        action=f"add_{taken.kind.value}",
        subject=taken,
        data={"instrument_id": taken.instrument_id, "order_id": taken.order_id},
    )
    return taken


def release(*, order_id: int, actor: Actor, now: datetime) -> None:
    """Give back whatever an order has booked; nothing happens where it has nothing."""
    current = require_transaction()
    live = select(Occupancy).where(Occupancy.order_id == order_id, Occupancy.live).with_for_update()
    for taken in current.scalars(live):
        end_occupancy(taken, actor=actor, now=now)


def end_occupancy(taken: Occupancy, *, actor: Actor, now: datetime) -> None:
    """Take a window out of the calendar; its row stays as history."""
    require_transaction()
    taken.live = False
    taken.ended_at = now
    audit.record(
        actor=actor,
        now=now,
        action=f"end_{taken.kind.value}",
        subject=taken,
        data={"instrument_id": taken.instrument_id, "order_id": taken.order_id},
    )


def lock_for_booking(instrument_id: int) -> Instrument:
    """The instrument's row, locked until the transaction ends; raises InstrumentMissing."""
    instrument = require_transaction().scalar(
        select(Instrument)
        .where(Instrument.id == instrument_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if instrument is None:
        raise InstrumentMissing
    return instrument
