"""Whether instruments are open throughout a period, in SQL: for searches over all of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Integer,
    Select,
    case,
    cast,
    column,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, INT4RANGE
from sqlalchemy.dialects.postgresql import Range as SqlRange
from sqlalchemy.types import TypeEngine

from core.clock import start_of_day, today
from core.workdays import WorkingCalendar
from instruments.models import BookingRule, Instrument, OpeningHours, OpeningSeason, SeasonHours
from instruments.queries.booking_rules import holds_for
from instruments.rules.opening import MINUTES_A_DAY


class _Day(NamedTuple):
    """A day on which a stretch may begin: ``at`` are the minutes from the first of them to its midnight."""

    at: int
    day: date
    weekday: int
    holiday: bool
    makeup: bool


_KINDS: tuple[type[TypeEngine[Any]], ...] = (Integer, Date, Integer, Boolean, Boolean)


def open_throughout(
    start: datetime, end: datetime, *, calendar: WorkingCalendar, among: Select[tuple[int]]
) -> Select[tuple[int]]:
    """The numbers of those instruments ``among`` some that are open all the time from ``start`` to ``end``, as
    :func:`~instruments.rules.opening.open_intervals` has it: by their weeks, their seasons, and what they do on public
    holidays and worked weekends. ``calendar`` must reach from the day before ``start``; whether the time is taken, or
    may be booked under lead time and quotas, is not looked at.
    """
    first, last = today(start) - timedelta(days=1), today(end)
    days = [_day(first, number, calendar) for number in range((last - first).days + 1)]
    kinds = zip(_Day._fields, _KINDS, strict=True)
    columns = [column(name, kind) for name, kind in kinds]
    arrays = [cast([each[at] for each in days], ARRAY(kind)) for at, kind in enumerate(_KINDS)]
    # Arrays, not rows: the statement stays the same for every window, and is built once.
    asked = func.unnest(*arrays).table_valued(*columns, name="asked").render_derived()
    # On ordinary days the rules change nothing, and looking for them takes longer than all the rest.
    has_rules = any(each.holiday or each.makeup for each in days)
    in_season = exists().where(
        OpeningSeason.instrument_id == OpeningHours.instrument_id,
        asked.c.day.between(OpeningSeason.first_day, OpeningSeason.last_day),
    )
    of_week = _stretches(OpeningHours, OpeningHours.instrument_id, asked, has_rules=has_rules).where(
        OpeningHours.instrument_id.in_(among), ~in_season
    )
    of_season = (
        _stretches(SeasonHours, OpeningSeason.instrument_id, asked, has_rules=has_rules)
        .join(OpeningSeason, OpeningSeason.id == SeasonHours.season_id)
        .where(
            OpeningSeason.instrument_id.in_(among),
            asked.c.day.between(OpeningSeason.first_day, OpeningSeason.last_day),
        )
    )
    hours = union_all(of_week, of_season).subquery("hours")
    midnight, minute = start_of_day(first), timedelta(minutes=1)
    window = SqlRange((start - midnight) // minute, -((midnight - end) // minute))
    stretch = func.int4range(hours.c.opens, hours.c.closes)
    asked_for = cast(window, INT4RANGE)
    touching = select(hours.c.id).where(hours.c.opens < window.upper, hours.c.closes > window.lower)
    return touching.group_by(hours.c.id).having(func.range_agg(stretch).op("@>")(asked_for))


def _day(first: date, number: int, calendar: WorkingCalendar) -> _Day:
    day = first + timedelta(days=number)
    return _Day(
        number * MINUTES_A_DAY, day, day.isoweekday(), calendar.is_public_holiday(day), calendar.is_makeup_day(day)
    )


def _stretches(hours: Any, instrument: Any, asked: Any, *, has_rules: bool) -> Select[Any]:
    """The stretches that begin on the days asked about, in minutes; with the rules for holidays and worked weekends
    where there are such days."""
    begins = (
        instrument.label("id"),
        (asked.c.at + hours.opens_minute).label("opens"),
        (asked.c.at + hours.closes_minute).label("closes"),
    )
    found = select(*begins).select_from(hours)
    if not has_rules:
        return found.join(asked, asked.c.weekday == hours.weekday)
    makeup, closed = _ruled(BookingRule.makeup_weekday, instrument), _ruled(BookingRule.closed_on_holidays, instrument)
    weekday = case((asked.c.makeup, func.coalesce(makeup, asked.c.weekday)), else_=asked.c.weekday)
    return found.join(asked, literal(value=True)).where(
        hours.weekday == weekday, or_(~asked.c.holiday, func.coalesce(closed, false()).is_(false()))
    )


def _ruled(said: Any, instrument: Any) -> ColumnElement[Any]:
    """What an instrument's own rules say, else its provider's."""
    return (
        select(said)
        .join(Instrument, holds_for(Instrument))
        .where(Instrument.id == instrument)
        .order_by(BookingRule.instrument_id)
        .limit(1)
        .correlate(instrument.class_)
        .scalar_subquery()
    )
