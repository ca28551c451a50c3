"""Coming to a booking and leaving it, which puts the time between into the log (S19).

Whether the order behind the booking may be served already is known above; here it is taken for granted.
"""

from __future__ import annotations

from datetime import datetime

from core import audit
from core.clock import today
from core.db import require_transaction
from core.errors import Conflict, Forbidden, reason, refuse_all
from core.permissions import Actor
from instruments.models import Attendance
from instruments.permissions import may_manage
from instruments.policy import usage_terms
from instruments.queries.calendar import interval
from instruments.queries.usage import AttendedBooking, attended, booking_of, find_booking, users_check_in
from instruments.rules.terms import AttendanceKind, UsePurpose
from instruments.rules.usage import check_in_faults, check_out_faults
from instruments.steps.usage import Used, UseRefused, log_use, user_of


class NothingBooked(Conflict):
    """The order has booked no time of an instrument."""

    code = "nothing_booked"
    article = "S19"


class AttendedAlready(Conflict):
    """This was noted of the booking already."""

    code = "attended_already"
    article = "S19"


class NotCheckedIn(Conflict):
    """Nobody has come to this booking yet."""

    code = "not_checked_in"
    article = "S19"


class UsersDoNotCheckIn(Forbidden):
    """The provider notes who comes to this instrument, not its users."""

    code = "users_do_not_check_in"
    article = "S19"


def check_in(*, order_id: int, at: datetime | None, actor: Actor, now: datetime) -> AttendedBooking:
    """Note that somebody came to the booking of an order: the provider for any instant that has passed, a user for now.

    Raises UseRefused with every fault, and the errors of this module.
    """
    found = _to_attend(order_id, actor)
    if found.came_at is not None:
        raise AttendedAlready
    moment = _moment(found, at, actor=actor, now=now)
    terms = usage_terms(today(now))
    refuse_all(check_in_faults(interval(found.booking.slot), moment, now=now, terms=terms), error=UseRefused)
    _note(found, AttendanceKind.CHECK_IN, moment, actor=actor, now=now)
    return attended([found.booking])[0]


def check_out(
    *,
    order_id: int,
    at: datetime | None,
    operator: str | None,
    samples: int | None,
    remarks: str,
    actor: Actor,
    now: datetime,
) -> AttendedBooking:
    """Note that somebody left the booking of an order; the time since check-in stands in the log beside the booked one.

    ``operator`` is the user who says so where nobody is named. Raises as :func:`check_in` does.
    """
    found = _to_attend(order_id, actor)
    if found.came_at is None:
        raise NotCheckedIn
    if found.left_at is not None:
        raise AttendedAlready
    moment = _moment(found, at, actor=actor, now=now)
    terms = usage_terms(today(now))
    refuse_all(check_out_faults(found.came_at, moment, now=now, terms=terms), error=UseRefused)
    _note(found, AttendanceKind.CHECK_OUT, moment, actor=actor, now=now)
    log_use(
        Used(
            starts_at=found.came_at,
            ends_at=moment,
            operator=operator or actor.username,
            samples=samples,
            remarks=remarks,
        ),
        instrument_id=found.booking.instrument_id,
        purpose=UsePurpose.ORDER,
        order_id=order_id,
        occupancy_id=found.booking.id,
        actor=actor,
        now=now,
    )
    return attended([found.booking])[0]


def _to_attend(order_id: int, actor: Actor) -> AttendedBooking:
    """The booking of an order, locked, that the actor may note attendance of."""
    number = booking_of(order_id)
    if number is None:
        raise NothingBooked
    found = find_booking(number, actor=actor, lock=True)
    if not may_manage(actor, found.instrument) and not users_check_in(found.booking.instrument_id):
        raise UsersDoNotCheckIn
    return found


def _moment(found: AttendedBooking, at: datetime | None, *, actor: Actor, now: datetime) -> datetime:
    """The instant meant: only the owner of the instrument names another one than now."""
    if at is not None and not may_manage(actor, found.instrument):
        refuse_all([reason("attendance_is_now", article="S19", field="at")], error=UseRefused)
    return at or now


def _note(found: AttendedBooking, kind: AttendanceKind, at: datetime, *, actor: Actor, now: datetime) -> None:
    noted = Attendance(occupancy_id=found.booking.id, kind=kind, at=at, noted_by=user_of(actor), noted_at=now)
    require_transaction().add(noted)
    data = {
        "instrument_id": found.booking.instrument_id,
        "order_id": found.booking.order_id,
        "at": at.isoformat(),
    }
    audit.record(actor=actor, now=now, action=kind.value, subject=noted, data=data)
