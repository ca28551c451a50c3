"""Whether instruments are open throughout a period, in SQL: for searches over all of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    and_,
    case,
    cast,
    column,
    false,
    func,
    literal,
    or_,
    select,
    union_all,
    values,
)
from sqlalchemy import Interval as IntervalType
from sqlalchemy.dialects.postgresql import TSTZRANGE
from sqlalchemy.dialects.postgresql import Range as SqlRange

from core.clock import SHANGHAI
from core.types import UTC
from core.workdays import WorkingCalendar
from instruments.models import BookingRule, Instrument, OpeningHours, OpeningSeason, SeasonHours
from instruments.queries.booking_rules import holds_for


def open_throughout(start: datetime, end: datetime, *, calendar: WorkingCalendar) -> ColumnElement[bool]:
    """The condition on :class:`Instrument` that it is open all the time from ``start`` to ``end``, as
    :func:`~instruments.rules.opening.open_intervals` has it: by its week, its seasons, and what it does on public
    holidays and worked weekends. ``calendar`` must reach from the day before ``start``; whether the time is taken, or
    may be booked under lead time and quotas, is not looked at.
    """
    day = start.astimezone(SHANGHAI).date() - timedelta(days=1)
    last = end.astimezone(SHANGHAI).date()
    days = [day + timedelta(days=number) for number in range((last - day).days + 1)]
    rows = [_day(each, calendar) for each in days]
    columns = column("day", Date), column("weekday", Integer), column("holiday", Boolean), column("makeup", Boolean)
    asked = values(*columns, name="asked").data(rows).alias("asked")
    rule = (
        select(BookingRule.closed_on_holidays, BookingRule.makeup_weekday)
        .where(holds_for(Instrument))
        .order_by(BookingRule.instrument_id)
        .limit(1)
        .correlate(Instrument)
        .lateral("rule")
    )
    season = (
        select(OpeningSeason.id)
        .where(
            OpeningSeason.instrument_id == Instrument.id,
            asked.c.day.between(OpeningSeason.first_day, OpeningSeason.last_day),
        )
        .correlate(Instrument, asked)
        .lateral("season")
    )
    weekday = case(
        (and_(asked.c.makeup, rule.c.makeup_weekday.is_not(None)), rule.c.makeup_weekday), else_=asked.c.weekday
    )
    of_week = select(OpeningHours.opens_minute, OpeningHours.closes_minute).where(
        season.c.id.is_(None), OpeningHours.instrument_id == Instrument.id, OpeningHours.weekday == weekday
    )
    of_season = select(SeasonHours.opens_minute, SeasonHours.closes_minute).where(
        SeasonHours.season_id == season.c.id, SeasonHours.weekday == weekday
    )
    around = (Instrument, asked, rule, season)
    hours = union_all(of_week.correlate(*around), of_season.correlate(*around)).lateral("hours")
    midnight = func.timezone(str(SHANGHAI), cast(asked.c.day, DateTime), type_=UTC())
    stretch = func.tstzrange(midnight + _minutes(hours.c.opens_minute), midnight + _minutes(hours.c.closes_minute))
    return (
        select(literal(1))
        .select_from(asked)
        .outerjoin(rule, literal(value=True))
        .outerjoin(season, literal(value=True))
        .join(hours, literal(value=True))
        .where(or_(~asked.c.holiday, func.coalesce(rule.c.closed_on_holidays, false()).is_(false())))
        .having(func.range_agg(stretch).op("@>")(cast(SqlRange(start, end), TSTZRANGE)))
        .correlate(Instrument)
        .exists()
    )


def _day(day: date, calendar: WorkingCalendar) -> tuple[date, int, bool, bool]:
    return day, day.isoweekday(), calendar.is_public_holiday(day), calendar.is_makeup_day(day)


def _minutes(minutes: ColumnElement[int]) -> ColumnElement[timedelta]:
    return func.make_interval(0, 0, 0, 0, 0, minutes, type_=IntervalType())
