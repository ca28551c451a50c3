"""An instrument's week, its closures and its maintenance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete

from core import audit
from core.clock import start_of_day, today
from core.db import transaction
from core.errors import Reason, Refused, reason, refuse_all
from core.permissions import Actor, authorise
from core.types import Span
from instruments.models import Instrument, Occupancy, OpeningHours
from instruments.permissions import may_manage
from instruments.policy import booking_policy
from instruments.queries.calendar import find_occupancy, occupied, rest_of_series
from instruments.queries.instruments import lock_instrument
from instruments.queries.offers import SlotTaken
from instruments.rules.opening import Interval, WeeklyHours, hours_faults
from instruments.rules.series import Repetition, repetition_faults
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
    again: Repetition | None,
    actor: Actor,
    now: datetime,
) -> Occupancy:
    """Close an instrument, or take it into maintenance, for a time nothing else has taken, perhaps ``again`` and again:
    all of these times or none. The first one is returned. Raises SlotTaken, which names each time that is taken."""
    with transaction():
        instrument = _lock(instrument_id, actor)
        periods = _periods(starts_at, ends_at, again, now)
        taken = [each for each in periods if occupied(instrument.id, each.start, each.end)]
        if taken:
            plain = [reason("slot_taken", field="starts_at")]
            raise SlotTaken(reasons=[_taken(each) for each in taken] if again else plain)
        closures = [
            occupy(
                Occupancy(
                    instrument_id=instrument.id,
                    kind=kind,
                    during=Span(each.start, each.end),
                    booked=None,
                    series_id=None,
                    live=True,
                    note=note,
                    created_by=actor.user_id,
                    created_at=now,
                ),
                actor=actor,
                now=now,
            )
            for each in periods
        ]
        for each in closures if again else ():
            each.series_id = closures[0].id
        return closures[0]


def remove_closure(*, instrument_id: int, occupancy_id: int, series: bool, actor: Actor, now: datetime) -> None:
    """Open an instrument again before its closure or maintenance ends; with ``series`` also before those of the same
    series that have not ended."""
    with transaction():
        instrument = _lock(instrument_id, actor)
        closure = find_occupancy(instrument.id, occupancy_id)
        end_occupancy(closure, actor=actor, now=now)
        for each in rest_of_series(closure, now=now) if series else ():
            end_occupancy(each, actor=actor, now=now)


def _periods(starts_at: datetime, ends_at: datetime, again: Repetition | None, now: datetime) -> list[Interval]:
    furthest = 2 * booking_policy(today(now)).horizon
    faults = []
    if ends_at <= starts_at:
        faults.append(reason("slot_reversed", field="ends_at"))
    elif ends_at <= now:
        faults.append(reason("slot_in_the_past", field="ends_at"))
    if ends_at > now + furthest:
        faults.append(reason("slot_too_far", field="ends_at", days=furthest.days))
    if again is not None and starts_at < ends_at:
        faults += repetition_faults(Interval(starts_at, ends_at), again)
        if start_of_day(again.until) > now + furthest:
            faults.append(reason("slot_too_far", field="repeat_until", days=furthest.days))
    refuse_all(faults, error=SlotRefused)
    first = Interval(starts_at, ends_at)
    return [first] if again is None else list(again.of(first))


def _taken(period: Interval) -> Reason:
    return reason("series_taken", field="starts_at", day=today(period.start))


def _lock(instrument_id: int, actor: Actor) -> Instrument:
    instrument = lock_instrument(instrument_id, actor=actor)
    authorise(actor, may_manage, instrument)
    return instrument
