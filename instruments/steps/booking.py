"""Taking and giving back an instrument's time."""

from __future__ import annotations

from datetime import datetime

from psycopg import errors as pg
from sqlalchemy import BigInteger, bindparam, select
from sqlalchemy.exc import IntegrityError

from core import audit
from core.clock import today
from core.db import insert_at_once, require_transaction, send
from core.errors import Conflict, Refused, reason
from core.failpoints import failpoint
from core.gathering import Gathering
from core.permissions import Actor
from core.statements import Statement
from core.types import UTC, Span
from core.workdays import WorkingCalendar
from instruments.models import Instrument, Occupancy
from instruments.policy import booking_policy
from instruments.queries.booking_rules import held_range, own_in, rule_parts, terms_in
from instruments.queries.calendar import interval, occupied, touching
from instruments.queries.instruments import InstrumentMissing
from instruments.queries.interruptions import open_interruption
from instruments.queries.offers import SlotTaken, slot_taken
from instruments.queries.qualifications import qualified_in
from instruments.rules.booking import counted_since
from instruments.rules.interruptions import is_back_for
from instruments.rules.slots import slot_faults
from instruments.rules.terms import OccupancyKind
from instruments.rules.ways import to_qualify
from instruments.states import ListingState


class InstrumentNotPublished(Conflict):
    """Only a published instrument can be booked."""

    code = "instrument_not_published"
    article = "V11"


class SlotRefused(Refused):
    """The slot cannot be booked; every fault is named."""

    code = "slot_refused"


_INSTRUMENT = bindparam("instrument", type_=BigInteger)
_LOCK = Statement(select(Instrument.state).where(Instrument.id == _INSTRUMENT).with_for_update(key_share=True))
_SLOT = bindparam("starts_at", type_=UTC), bindparam("ends_at", type_=UTC)
_CALENDAR = Gathering(
    taken=select(Occupancy.id).where(touching(_INSTRUMENT, *held_range(_INSTRUMENT, *_SLOT))),
    **rule_parts(
        select(_INSTRUMENT),
        organisation=bindparam("organisation", type_=BigInteger),
        since=bindparam("since", type_=UTC),
    ),
)
"""What a booking is refused by, read once the instrument is locked."""


def book(
    *,
    order_id: int,
    instrument_id: int,
    during: Span,
    organisation_id: int,
    calendar: WorkingCalendar,
    actor: Actor,
    now: datetime,
) -> Occupancy:
    """Book an instrument for an order, with the time that its rules keep free around the slot ``during``. ``calendar``
    holds from today on.

    The instrument's row is locked first: racing inserts against the exclusion constraint would deadlock. Raises
    :class:`InstrumentNotPublished`, :class:`SlotRefused`, and
    :class:`~instruments.queries.offers.SlotTaken`, after which the transaction must be given up.
    """
    state = _locked_state(instrument_id)
    failpoint("instruments.booking.locked")
    if state is not ListingState.PUBLISHED:
        raise InstrumentNotPublished
    return _book(order_id, instrument_id, during, organisation_id, calendar, actor, now)


def _book(
    order_id: int,
    instrument_id: int,
    during: Span,
    organisation_id: int,
    calendar: WorkingCalendar,
    actor: Actor,
    now: datetime,
) -> Occupancy:
    found = _CALENDAR.read(
        instrument=instrument_id,
        starts_at=during.start,
        ends_at=during.end,
        organisation=organisation_id,
        since=counted_since(during.start, now),
    )
    slot = interval(during)
    terms = terms_in(instrument_id, found, calendar=calendar, limits=booking_policy(today(now)))
    faults = slot_faults(
        slot, terms=terms, own=own_in(instrument_id, found), now=now, qualified=qualified_in(instrument_id, found)
    )
    if faults:
        raise SlotRefused(reasons=faults, ways=to_qualify(instrument_id, faults))
    if found["taken"]:
        raise slot_taken(instrument_id, slot)
    held = terms.rules.held(slot)
    taken = Occupancy(
        instrument_id=instrument_id,
        kind=OccupancyKind.BOOKING,
        during=Span(held.start, held.end),
        booked=None if held == slot else during,
        live=True,
        order_id=order_id,
        series_id=None,
        organisation_id=organisation_id,
        created_by=actor.user_id,
        created_at=now,
    )
    booked = _put_in(taken, actor=actor, now=now)
    failpoint("instruments.booking.booked")
    return booked


def keep_calendar(instrument_id: int) -> None:
    """Lock an instrument before several bookings of it are judged, until the transaction ends: nobody else's come in
    between. Raises InstrumentMissing, :class:`InstrumentNotPublished`."""
    if _locked_state(instrument_id) is not ListingState.PUBLISHED:
        raise InstrumentNotPublished


def rebook(
    *,
    order_id: int,
    instrument_id: int,
    during: Span,
    organisation_id: int,
    calendar: WorkingCalendar,
    actor: Actor,
    now: datetime,
) -> Occupancy:
    """Give an order's booking up and :func:`book` another slot of the same instrument, judged as if the old one had
    never been; of one that is suspended a slot from the day on which it is expected back. Raises as that does, after
    which the transaction must be given up and the old one stands."""
    state = _locked_state(instrument_id)
    if state is not ListingState.PUBLISHED and not _is_expected(instrument_id, during):
        raise InstrumentNotPublished
    release(order_id=order_id, actor=actor, now=now)
    return _book(order_id, instrument_id, during, organisation_id, calendar, actor, now)


def _is_expected(instrument_id: int, during: Span) -> bool:
    present = open_interruption(instrument_id)
    return present is not None and is_back_for(present.kind, present.expected_back_on, slot_day=today(during.start))


def occupy(taken: Occupancy, *, actor: Actor, now: datetime) -> Occupancy:
    """Put a window into the calendar of an instrument whose row is locked; raises SlotTaken."""
    span = interval(taken.during)
    if occupied(taken.instrument_id, span.start, span.end):
        raise SlotTaken(reasons=[reason("slot_taken", field="starts_at")])
    return _put_in(taken, actor=actor, now=now)


def _put_in(taken: Occupancy, *, actor: Actor, now: datetime) -> Occupancy:
    try:
        insert_at_once(taken)
    except IntegrityError as violated:
        if isinstance(violated.orig, pg.ExclusionViolation):
            raise slot_taken(taken.instrument_id, interval(taken.slot)) from violated
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


def _locked_state(instrument_id: int) -> ListingState:
    """The state of an instrument whose row is locked until the transaction ends; raises InstrumentMissing."""
    found = send(_LOCK, {"instrument": instrument_id})
    if not found:
        raise InstrumentMissing
    state: ListingState = found[0].state
    return state
