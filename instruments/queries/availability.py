"""When an instrument can be booked, and what is in the way, without anybody's name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from core.clock import today
from core.errors import Reason, Refused, reason
from core.permissions import Actor
from core.workdays import WorkingCalendar, load_calendar
from instruments.models import Instrument, Occupancy
from instruments.policy import booking_policy
from instruments.queries.booking_rules import booking_rules
from instruments.queries.calendar import interval, occupied, opening_hours
from instruments.queries.instruments import find_instrument
from instruments.queries.qualifications import qualified
from instruments.queries.quotas import left_of, user_of
from instruments.queries.seasons import opening_seasons
from instruments.rules.opening import Interval, Opening
from instruments.rules.quotas import QuotaLeft
from instruments.rules.slots import Terms, bookable_starts, closed_stretches, free_stretches
from instruments.rules.terms import TakenKind

LONGEST_LOOK = timedelta(days=92)


class WindowRefused(Refused):
    """The period asked for is reversed or too long."""

    code = "window_refused"


def availability(
    instrument_id: int,
    *,
    start: datetime,
    end: datetime,
    length: timedelta | None,
    actor: Actor,
    now: datetime,
    organisation_id: int | None = None,
) -> dict[str, Any]:
    """Where bookings may lie, what is closed and why, and what is taken, but not by whom; with a ``length`` also where
    slots of it may begin. What a user has booked already (quotas) and when it is qualified is not looked at there;
    ``quota`` is what the actor's own organisation, or ``organisation_id``, may still book, ``qualification`` when.

    Raises :class:`WindowRefused`, UserMissing and InstrumentMissing.
    """
    instrument = find_instrument(instrument_id, actor=actor)
    faults = window_faults(start, end)
    if faults:
        raise WindowRefused(reasons=faults)
    window, terms = Interval(start, end), terms_of(instrument, since=start, now=now)
    user = user_of(actor, organisation_id)
    left = None if user is None else left_of(instrument, user, window, now=now, rules=terms.rules)
    taken = taken_around(instrument.id, window, terms)
    free = free_stretches(window, terms=terms, taken=[interval(each.during) for each in taken], now=now)
    starts = None if length is None else bookable_starts(free, length, terms=terms, now=now)
    return {
        "instrument_id": instrument.id,
        "starts_at": start,
        "ends_at": end,
        "provisional": bool(terms.opening.provisional_years(start, end)),
        "free": [_bounds(each) for each in free],
        "closed": [{"kind": why, **_bounds(each)} for why, each in closed_stretches(window, terms=terms, now=now)],
        "occupied": [{"kind": kind, **_bounds(each)} for kind, each in parts(taken, window)],
        "quota": None if left is None else {"organisation_id": user, **_left(left)},
        "qualification": _qualified(instrument.id, user) if terms.rules.qualified_only else None,
        **({} if starts is None else {"starts": list(starts)}),
    }


def terms_of(
    instrument: Instrument, *, since: datetime, now: datetime, calendar: WorkingCalendar | None = None
) -> Terms:
    """What slots of an instrument from an instant on are judged by. ``calendar`` is given where it was read before."""
    rules, limits = booking_rules(instrument), booking_policy(today(now))
    calendar = calendar or load_calendar(since=today(since) - timedelta(days=1))
    week = tuple(opening_hours(instrument.id))
    seasons = opening_seasons(instrument.id)
    opening = Opening(week, rules.closed_on_holidays, rules.makeup_weekday, calendar, seasons)
    return Terms(opening=opening, rules=rules, longest=limits.longest, horizon=limits.horizon)


def taken_around(instrument_id: int, window: Interval, terms: Terms) -> list[Occupancy]:
    """What is taken within a window and as far beside it as a booking is kept free."""
    around = terms.rules.held(window)
    later = timedelta(minutes=terms.rules.before_minutes)
    sooner = timedelta(minutes=terms.rules.after_minutes)
    return occupied(instrument_id, min(around.start, window.start - sooner), max(around.end, window.end + later))


def parts(taken: Iterable[Occupancy], window: Interval) -> Iterator[tuple[TakenKind, Interval]]:
    """What of a window is taken: what was booked, and beside it what is kept free around it."""
    for each in taken:
        held, slot = interval(each.during), interval(each.slot)
        found = (
            (TakenKind.BUFFER, held.start, slot.start),
            (TakenKind(each.kind.value), slot.start, slot.end),
            (TakenKind.BUFFER, slot.end, held.end),
        )
        for kind, begins, ends in found:
            start, end = max(begins, window.start), min(ends, window.end)
            if start < end:
                yield kind, Interval(start, end)


def window_faults(start: datetime, end: datetime) -> list[Reason]:
    """Why a period cannot be looked at."""
    if end <= start:
        return [reason("slot_reversed", field="to")]
    if end - start > LONGEST_LOOK:
        return [reason("slot_window_too_long", field="to", days=LONGEST_LOOK.days)]
    return []


def _qualified(instrument_id: int, user: int | None) -> dict[str, Any]:
    """On which days the user may book an instrument that is for qualified ones; none for who books nothing."""
    held = [] if user is None else qualified(instrument_id, user)
    days = [{"first_day": each.first_day, "last_day": each.last_day} for each in held]
    return {"organisation_id": user, "days": days}


def _left(left: QuotaLeft) -> dict[str, Any]:
    """What is left, with the weeks and months in minutes."""
    periods = {"weeks": left.weeks, "months": left.months}
    counted = {
        name: None if found is None else [{**_bounds(each.period), "minutes": _minutes(each.left)} for each in found]
        for name, found in periods.items()
    }
    return {"open_bookings": left.open_bookings, **counted}


def _minutes(length: timedelta) -> int:
    return int(length / timedelta(minutes=1))


def _bounds(stretch: Interval) -> dict[str, datetime]:
    return {"starts_at": stretch.start, "ends_at": stretch.end}
