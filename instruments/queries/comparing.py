"""Booked, logged and measured time of an instrument side by side (S19)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select, text

from core.clock import end_of_day, start_of_day, today
from core.db import session
from instruments.models import InstrumentUse, Occupancy
from instruments.policy import reading_terms
from instruments.queries.calendar import interval, occupied
from instruments.queries.sensors import ran
from instruments.queries.time_pieces import Days
from instruments.queries.usage import standing, uses_of
from instruments.rules.comparing import Beside, Booked, Compared, Logged, compare
from instruments.rules.opening import Interval
from instruments.rules.terms import OccupancyKind

_KINDS = {
    OccupancyKind.BOOKING: Compared.BOOKING,
    OccupancyKind.CLOSURE: Compared.CLOSURE,
    OccupancyKind.MAINTENANCE: Compared.MAINTENANCE,
}
_TOLD = text(
    "SELECT w.number FROM unnest(CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]))"
    " WITH ORDINALITY AS w (starts_at, ends_at, number)"
    " WHERE EXISTS ("
    "  SELECT FROM sensor_placement p"
    "    JOIN sensor_reading r ON r.sensor_id = p.sensor_id AND r.at >= w.starts_at AND r.at < w.ends_at"
    "     AND p.during @> r.at"
    "   WHERE p.instrument_id = :instrument)"
)


def compared(instrument_id: int, days: Days, *, now: datetime) -> list[Beside]:
    """What was booked, logged and measured of an instrument that touches some days, and where these differ; whole
    bookings and uses, also those that began before or end after."""
    window = Interval(start_of_day(days.first), end_of_day(days.last))
    booked = [
        each for each in occupied(instrument_id, window.start, window.end) if interval(each.slot).overlaps(window)
    ]
    touching = and_(InstrumentUse.starts_at < window.end, InstrumentUse.ends_at > window.start)
    of_booked = InstrumentUse.order_id.in_([each.order_id for each in booked if each.order_id is not None])
    logged = session().scalars(uses_of(instrument_id).where(or_(touching, of_booked))).all()
    rows = _compared(instrument_id, booked, logged, window, now=now)
    return [each for each in rows if each.kind is not Compared.RUNNING or each.slot.overlaps(window)]


def order_use(order_id: int, *, now: datetime) -> list[Beside]:
    """What an order booked, what was logged for it and what sensors measured in that time, by instrument."""
    by_booking = session().scalars(select(Occupancy).where(Occupancy.order_id == order_id, Occupancy.live)).all()
    entries = session().scalars(standing(select(InstrumentUse)).where(InstrumentUse.order_id == order_id)).all()
    found: list[Beside] = []
    for number in sorted({each.instrument_id for each in (*by_booking, *entries)}):
        booked = [each for each in by_booking if each.instrument_id == number]
        logged = [each for each in entries if each.instrument_id == number]
        times = [interval(each.slot) for each in booked] + [each.interval for each in logged]
        window = Interval(min(each.start for each in times), max(each.end for each in times))
        found += _compared(number, booked, logged, window, now=now)
    return [each for each in found if each.kind is not Compared.RUNNING]


def _compared(
    instrument_id: int,
    booked: Sequence[Occupancy],
    logged: Sequence[InstrumentUse],
    window: Interval,
    *,
    now: datetime,
) -> list[Beside]:
    taken = [Booked(each.id, _KINDS[each.kind], interval(each.slot), each.order_id) for each in booked]
    entries = [
        Logged(each.id, each.interval, each.order_id, each.occupancy_id, each.operator, each.samples) for each in logged
    ]
    slots = {each.slot for each in taken} | {each.slot for each in entries}
    whole = Interval(
        min([window.start, *(each.start for each in slots)]), max([window.end, *(each.end for each in slots)])
    )
    return compare(
        booked=taken,
        logged=entries,
        ran=ran(instrument_id, whole),
        told=told_within(instrument_id, slots),
        tolerance=reading_terms(today(now)).gap,
        now=now,
    )


def told_within(instrument_id: int, slots: Iterable[Interval]) -> set[Interval]:
    """Those of some periods within which a sensor at the instrument said anything, in one query for all."""
    asked = sorted(slots)
    if not asked:
        return set()
    given = {
        "starts": [each.start for each in asked],
        "ends": [each.end for each in asked],
        "instrument": instrument_id,
    }
    return {asked[number - 1] for number in session().scalars(_TOLD, given)}
