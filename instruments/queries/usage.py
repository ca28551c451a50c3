"""The log of use and the bookings it stands beside, each actor seeing its own scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, false, func, select
from sqlalchemy.orm import aliased, contains_eager

from accounts.permissions import Role
from accounts.queries import acts_for
from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from instruments.models import Attendance, AttendanceRule, Instrument, InstrumentUse, Occupancy
from instruments.queries.calendar import interval
from instruments.queries.instruments import InstrumentMissing, in_scope
from instruments.rules.opening import Interval
from instruments.rules.terms import AttendanceKind, OccupancyKind, UsePurpose
from instruments.rules.usage import hours_of


class UseMissing(NotFound):
    """There is no such entry in the log of this instrument for this actor."""

    code = "use_missing"


class BookingMissing(NotFound):
    """There is no such booking for this actor."""

    code = "booking_missing"


@dataclass(frozen=True, slots=True)
class AttendedBooking:
    """A booking with who came and left when, and the hours the log has for its order; None where nothing is known."""

    booking: Occupancy
    instrument: Instrument
    came_at: datetime | None
    left_at: datetime | None
    logged_hours: Decimal | None

    @property
    def booked_hours(self) -> Decimal:
        """Hours that were booked."""
        return hours_of([interval(self.booking.slot)])


def find_logged_instrument(instrument_id: int, *, actor: Actor, lock: bool = False) -> Instrument:
    """An instrument whose log the actor may look into: its owner, and the offices of its city and the province.

    Raises InstrumentMissing, as for one that does not exist: that others may know the instrument tells nothing of its
    log.
    """
    found = select(Instrument).where(Instrument.id == instrument_id, in_scope(actor))
    if lock:
        found = found.with_for_update(key_share=True, of=Instrument).execution_options(populate_existing=True)
    instrument = session().scalar(found)
    if instrument is None:
        raise InstrumentMissing
    return instrument


def uses_of(
    instrument_id: int,
    *,
    purpose: UsePurpose | None = None,
    starts_from: datetime | None = None,
    starts_to: datetime | None = None,
    everything: bool = False,
) -> Select[tuple[InstrumentUse]]:
    """The log of an instrument: what counts, or all that was ever entered where ``everything`` is asked for."""
    found = select(InstrumentUse).where(InstrumentUse.instrument_id == instrument_id)
    if purpose is not None:
        found = found.where(InstrumentUse.purpose == purpose)
    if starts_from is not None:
        found = found.where(InstrumentUse.starts_at >= starts_from)
    if starts_to is not None:
        found = found.where(InstrumentUse.starts_at < starts_to)
    return found if everything else standing(found)


def standing(found: Select[Any]) -> Select[Any]:
    """Of entries of the log those that count: not withdrawn, and with none in their place."""
    later = aliased(InstrumentUse)
    corrected = select(later.id).where(later.corrects_id == InstrumentUse.id).exists()
    return found.where(~corrected, ~InstrumentUse.withdrawn)


def find_use(instrument_id: int, use_id: int) -> InstrumentUse:
    """An entry of an instrument's log; raises :class:`UseMissing`."""
    found = session().scalar(
        select(InstrumentUse).where(InstrumentUse.id == use_id, InstrumentUse.instrument_id == instrument_id)
    )
    if found is None:
        raise UseMissing
    return found


def corrections_of(uses: Iterable[InstrumentUse]) -> dict[int, int]:
    """The entry that stands for each of these now, by number; those without a correction are left out."""
    found = select(InstrumentUse.corrects_id, InstrumentUse.id).where(
        InstrumentUse.corrects_id.in_([each.id for each in uses])
    )
    return {corrected: number for corrected, number in session().execute(found).tuples() if corrected is not None}


def logged_hours(order_id: int) -> Decimal | None:
    """Hours an order used instruments by the log; None where nothing was ever logged, 0 where all was withdrawn."""
    ever = select(InstrumentUse.id).where(InstrumentUse.order_id == order_id).limit(1)
    if session().scalar(ever) is None:
        return None
    return hours_by_order([order_id]).get(order_id, Decimal(0))


def hours_by_order(order_ids: Iterable[int]) -> dict[int, Decimal]:
    """Hours by the log of several orders, those of each instrument added up; what has no entry is left out."""
    found = standing(
        select(InstrumentUse.order_id, InstrumentUse.instrument_id, InstrumentUse.starts_at, InstrumentUse.ends_at)
    ).where(InstrumentUse.order_id.in_(list(order_ids)))
    stretches: dict[int, dict[int, list[Interval]]] = {}
    for order_id, instrument_id, starts_at, ends_at in session().execute(found):
        stretches.setdefault(order_id, {}).setdefault(instrument_id, []).append(Interval(starts_at, ends_at))
    return {order: sum(map(hours_of, by.values()), Decimal(0)) for order, by in stretches.items()}


def users_check_in(instrument_id: int) -> bool:
    """Whether users check in and out of an instrument by themselves."""
    found = select(AttendanceRule.users_check_in).where(AttendanceRule.instrument_id == instrument_id)
    return bool(session().scalar(found))


def visible_bookings(
    actor: Actor, *, instrument_id: int | None = None, ends_after: datetime | None = None
) -> Select[tuple[Occupancy]]:
    """Bookings with their instruments: a provider those of its own, users those they made, offices those in their
    scope; perhaps of one instrument only, or those that end after an instant."""
    found = (
        select(Occupancy)
        .join(Instrument, Instrument.id == Occupancy.instrument_id)
        .where(Occupancy.kind == OccupancyKind.BOOKING, Occupancy.live)
    )
    if instrument_id is not None:
        found = found.where(Occupancy.instrument_id == instrument_id)
    if ends_after is not None:
        found = found.where(func.upper(Occupancy.slot) > ends_after)
    if actor.role in (Role.ENTERPRISE, Role.TEAM, Role.INCUBATOR):
        return found.where(Occupancy.organisation_id.in_(acts_for(actor)))
    return found.where(in_scope(actor) if actor.is_signed_in else false())


def find_booking(booking_id: int, *, actor: Actor, lock: bool = False) -> AttendedBooking:
    """A live booking the actor may see, with its attendance; raises :class:`BookingMissing`."""
    found = visible_bookings(actor).where(Occupancy.id == booking_id)
    if lock:
        found = found.with_for_update(of=Occupancy, key_share=True).execution_options(populate_existing=True)
    booking = session().scalar(found)
    if booking is None:
        raise BookingMissing
    return attended([booking])[0]


def attended(bookings: Iterable[Occupancy]) -> list[AttendedBooking]:
    """Bookings with their instruments, their attendance and the hours logged, at once for all."""
    rows = list(bookings)
    noted = select(Attendance).where(Attendance.occupancy_id.in_([each.id for each in rows]))
    at = {(each.occupancy_id, each.kind): each.at for each in session().scalars(noted)}
    hours = hours_by_order({each.order_id for each in rows if each.order_id is not None})
    instruments = instruments_named({each.instrument_id for each in rows})
    return [
        AttendedBooking(
            each,
            instruments[each.instrument_id],
            at.get((each.id, AttendanceKind.CHECK_IN)),
            at.get((each.id, AttendanceKind.CHECK_OUT)),
            hours.get(each.order_id or 0),
        )
        for each in rows
    ]


def attended_order(order_id: int) -> AttendedBooking | None:
    """The live booking of an order that was found to be the actor's; None where it booked no time."""
    found = session().scalar(select(Occupancy).where(Occupancy.order_id == order_id, Occupancy.live))
    return None if found is None else attended([found])[0]


def booking_of(order_id: int) -> int | None:
    """The number of the live booking of an order, if it has one."""
    return session().scalar(select(Occupancy.id).where(Occupancy.order_id == order_id, Occupancy.live))


def instruments_named(ids: set[int]) -> Mapping[int, Instrument]:
    """Instruments with their providers, by number."""
    found = select(Instrument).join(Instrument.provider).where(Instrument.id.in_(ids))
    return {each.id: each for each in session().scalars(found.options(contains_eager(Instrument.provider)))}
