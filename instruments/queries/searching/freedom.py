"""Which instruments are open and free throughout a time, in SQL: the one judgement, whichever engine searches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, cast, func, literal, or_, select
from sqlalchemy import Interval as IntervalType
from sqlalchemy.dialects.postgresql import ARRAY

from core.clock import today
from core.db import session
from core.types import UTC
from core.workdays import load_calendar
from instruments.models import BookingRule, Instrument, Occupancy
from instruments.queries.booking_rules import holds_for
from instruments.queries.calendar import touching
from instruments.queries.opening import open_throughout

WIDEST_BUFFER = timedelta(days=1)
"""The longest time that rules may keep free on either side of a booking."""


def free_throughout(start: datetime, end: datetime, *, among: Select[tuple[int]]) -> Select[tuple[int]]:
    """The numbers of those instruments among some that could be booked from ``start`` to ``end``: open all the time, by
    their weeks, seasons, public holidays and worked weekends, and neither taken nor within the time that their rules
    keep free around a booking. Lead time, horizon and quotas are not looked at."""
    calendar = load_calendar(since=today(start) - timedelta(days=1))
    opened = open_throughout(start, end, calendar=calendar, among=among).subquery("opened")
    return select(opened.c.id).where(~_taken(opened.c.id, start, end))


def free_among(numbers: Sequence[int], start: datetime, end: datetime) -> set[int]:
    """The same of instruments by number."""
    if not numbers:
        return set()
    those = select(func.unnest(cast(list(numbers), ARRAY(BigInteger)), type_=BigInteger()))
    return set(session().scalars(free_throughout(start, end, among=those)))


def _taken(instrument: ColumnElement[int], start: datetime, end: datetime) -> ColumnElement[bool]:
    """What lies as far around as any buffer is found by the index of the calendar; its own buffers are asked for only
    where there is such a thing."""
    held = func.tstzrange(
        literal(start, UTC()) - _kept(instrument, BookingRule.before_minutes),
        literal(end, UTC()) + _kept(instrument, BookingRule.after_minutes),
    )
    return (
        select(literal(1))
        .select_from(Occupancy)
        .where(
            touching(instrument, start - WIDEST_BUFFER, end + WIDEST_BUFFER),
            or_(Occupancy.during.op("&&")(func.tstzrange(start, end)), Occupancy.during.op("&&")(held)),
        )
        .correlate(instrument.table)
        .exists()
    )


def _kept(instrument: Any, minutes: Any) -> ColumnElement[timedelta]:
    """How long an instrument's own rules, else its provider's, keep free on one side."""
    found = (
        select(minutes)
        .join(Instrument, holds_for(Instrument))
        .where(Instrument.id == instrument)
        .order_by(BookingRule.instrument_id)
        .limit(1)
        .correlate(instrument.table)
        .scalar_subquery()
    )
    return func.make_interval(0, 0, 0, 0, 0, func.coalesce(found, 0), type_=IntervalType())
