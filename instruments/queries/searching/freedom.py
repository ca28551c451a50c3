"""Which instruments are open and free throughout a time, in SQL: the one judgement, whichever engine searches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, cast, func, literal, or_, select
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
from instruments.rules.schedules import is_open_throughout

WIDEST_BUFFER = timedelta(days=1)
"""The longest time that rules may keep free on either side of a booking."""


def free_throughout(start: datetime, end: datetime, *, among: Select[tuple[int]]) -> Select[tuple[int]]:
    """The numbers of those instruments among some that could be booked from ``start`` to ``end``: open all the time, by
    their weeks, seasons, public holidays and worked weekends, and neither taken nor within the time that their rules
    keep free around a booking. Lead time, horizon and quotas are not looked at."""
    calendar = load_calendar(since=today(start) - timedelta(days=1))
    opened = open_throughout(start, end, calendar=calendar, among=among).subquery("opened")
    return select(opened.c.id).where(~_taken(opened.c.id, start, end))


@dataclass(frozen=True, slots=True)
class Calendars:
    """The calendars at one time, as the index asks them (``windows.Judge``)."""

    start: datetime
    end: datetime

    def among(self, numbers: Sequence[int]) -> set[int]:
        """Those of some instruments that are free."""
        return free_among(numbers, self.start, self.end)

    def schedules(self, written: Sequence[str]) -> list[str] | None:
        """Those of some schedules by which one is open; None where holidays or worked weekends matter."""
        if not is_ordinary(self.start, self.end):
            return None
        return [each for each in written if is_open_throughout(each, self.start, self.end)]

    def taken(self, most: int) -> list[int] | None:
        """Every instrument that is taken; None where there are more than ``most``."""
        return taken_between(self.start, self.end, most=most)


def free_among(numbers: Sequence[int], start: datetime, end: datetime) -> set[int]:
    """The same of instruments by number."""
    if not numbers:
        return set()
    those = select(func.unnest(cast(list(numbers), ARRAY(BigInteger)), type_=BigInteger()))
    return set(session().scalars(free_throughout(start, end, among=those)))


def is_ordinary(start: datetime, end: datetime) -> bool:
    """Whether no day of a time is a public holiday or a worked weekend, so that hours alone say who is open."""
    first, last = today(start) - timedelta(days=1), today(end)
    calendar = load_calendar(since=first)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return not any(calendar.is_public_holiday(day) or calendar.is_makeup_day(day) for day in days)


def taken_between(start: datetime, end: datetime, *, most: int) -> list[int] | None:
    """The numbers of instruments that are taken at a time, or within what their rules keep free around it; None where
    there are more than ``most``."""
    taken = Occupancy.__table__.c
    near = and_(
        taken.live,
        func.upper(taken.during) > start - WIDEST_BUFFER,
        func.lower(taken.during) < end + WIDEST_BUFFER,
    )
    touches = _touches(taken.during, taken.instrument_id, start, end)
    found = session().scalars(select(taken.instrument_id).where(near, touches).distinct().limit(most + 1)).all()
    return None if len(found) > most else list(found)


def _taken(instrument: ColumnElement[int], start: datetime, end: datetime) -> ColumnElement[bool]:
    """What lies as far around as any buffer is found by the index of the calendar; its own buffers are asked for only
    where there is such a thing."""
    return (
        select(literal(1))
        .select_from(Occupancy)
        .where(
            touching(instrument, start - WIDEST_BUFFER, end + WIDEST_BUFFER),
            _touches(Occupancy.during, instrument, start, end),
        )
        .correlate(instrument.table)
        .exists()
    )


def _touches(during: Any, instrument: ColumnElement[int], start: datetime, end: datetime) -> ColumnElement[bool]:
    """Whether what takes an instrument lies in a time, or within what its rules keep free around it."""
    held = func.tstzrange(
        literal(start, UTC()) - _kept(instrument, BookingRule.before_minutes),
        literal(end, UTC()) + _kept(instrument, BookingRule.after_minutes),
    )
    return or_(during.op("&&")(func.tstzrange(start, end)), during.op("&&")(held))


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
