"""An instrument's week, its closures and its maintenance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete

from core import audit
from core.clock import today
from core.db import transaction
from core.errors import Refused, reason, refuse_all
from core.permissions import Actor, authorise
from core.types import Span
from instruments.models import Instrument, Occupancy, OpeningHours
from instruments.permissions import may_manage
from instruments.policy import booking_policy
from instruments.queries.calendar import find_occupancy
from instruments.queries.instruments import lock_instrument
from instruments.rules.opening import WeeklyHours, hours_faults
from instruments.rules.terms import OccupancyKind
from instruments.steps.booking import SlotRefused, end_occupancy, occupy


class HoursRefused(Refused):
    """The week has faults; all are named."""

    code = "hours_refused"


def set_opening_hours(
    *, instrument_id: int, hours: Sequence[WeeklyHours], actor: Actor, now: datetime
) -> list[WeeklyHours]:
    """Put a whole week in place of the one before. Bookings made under the old hours stand."""
    with transaction() as session:
        instrument = _lock(instrument_id, actor)
        refuse_all(hours_faults(hours), error=HoursRefused)
        session.execute(delete(OpeningHours).where(OpeningHours.instrument_id == instrument.id))
        session.add_all(
            OpeningHours(
                instrument_id=instrument.id,
                weekday=entry.weekday,
                opens_minute=entry.opens,
                closes_minute=entry.closes,
            )
            for entry in hours
        )
        week = [[entry.weekday, entry.opens, entry.closes] for entry in sorted(hours)]
        audit.record(actor=actor, now=now, action="set_hours", subject=instrument, data={"hours": week})
        return sorted(hours)


def add_closure(
    *,
    instrument_id: int,
    kind: OccupancyKind,
    starts_at: datetime,
    ends_at: datetime,
    note: str,
    actor: Actor,
    now: datetime,
) -> Occupancy:
    """Close an instrument, or take it into maintenance, for a time nothing else has taken. Raises SlotTaken."""
    with transaction():
        instrument = _lock(instrument_id, actor)
        horizon = booking_policy(today(now)).horizon
        faults = []
        if ends_at <= starts_at:
            faults.append(reason("slot_reversed", field="ends_at"))
        elif ends_at <= now:
            faults.append(reason("slot_in_the_past", field="ends_at"))
        if ends_at > now + 2 * horizon:
            faults.append(reason("slot_too_far", field="ends_at", days=2 * horizon.days))
        refuse_all(faults, error=SlotRefused)
        taken = Occupancy(
            instrument_id=instrument.id,
            kind=kind,
            during=Span(starts_at, ends_at),
            booked=None,
            live=True,
            note=note,
            created_by=actor.user_id,
            created_at=now,
        )
        return occupy(taken, actor=actor, now=now)


def remove_closure(*, instrument_id: int, occupancy_id: int, actor: Actor, now: datetime) -> None:
    """Open an instrument again before its closure or maintenance ends."""
    with transaction():
        instrument = _lock(instrument_id, actor)
        end_occupancy(find_occupancy(instrument.id, occupancy_id), actor=actor, now=now)


def _lock(instrument_id: int, actor: Actor) -> Instrument:
    instrument = lock_instrument(instrument_id, actor=actor)
    authorise(actor, may_manage, instrument)
    return instrument
