"""The time of instruments in pieces, each within a day of Asia/Shanghai: what utilisation is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CTE,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    Interval,
    Select,
    and_,
    case,
    cast,
    column,
    exists,
    false,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    true,
    union_all,
    values,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSTZMULTIRANGE
from sqlalchemy.orm import aliased

from accounts.models import Organisation
from core.clock import SHANGHAI, end_of_day, start_of_day
from core.types import UTC, Period
from core.workdays import WorkingCalendar
from instruments.models import (
    BookingRule,
    Instrument,
    InstrumentUse,
    Occupancy,
    OpeningHours,
    OpeningSeason,
    RunningStretch,
    SeasonHours,
    SensorPlacement,
)
from instruments.queries.calendar import touching
from instruments.queries.usage import standing
from instruments.rules.opening import MINUTES_A_DAY
from instruments.rules.terms import OccupancyKind, UsePurpose
from instruments.states import ListingState

IN_USE = (ListingState.PUBLISHED, ListingState.SUSPENDED)
"""Whose time is counted: what the catalogue shows, and what is out of it for a while."""

_A_DAY: ColumnElement[timedelta] = literal_column("interval '24 hours'")
_AN_INSTANT: ColumnElement[timedelta] = literal_column("interval '1 microsecond'")
_EMPTY = cast(literal("{}"), TSTZMULTIRANGE)


class UtilisationBy(StrEnum):
    """What utilisation is added up by."""

    INSTRUMENT = "instrument"
    PROVIDER = "provider"
    CITY = "city"
    PROVINCE = "province"


@dataclass(frozen=True, slots=True)
class Days:
    """A range of days, both included."""

    first: date
    last: date

    @property
    def count(self) -> int:
        """How many there are."""
        return (self.last - self.first).days + 1


def countable(scope: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition on :class:`Instrument` that it is in ``scope``, public, and anything is known of its time: hours, a
    sensor, a use, or what took it. Most of what is only listed is none of that, and asks for nothing more."""
    known = (OpeningHours, OpeningSeason, SensorPlacement, InstrumentUse)
    taken = exists().where(Occupancy.instrument_id == Instrument.id, Occupancy.live)
    timed = or_(taken, *(exists().where(each.instrument_id == Instrument.id) for each in known))
    return and_(scope, Instrument.state.in_(IN_USE), timed)


def counted(scope: ColumnElement[bool], days: Days, by: UtilisationBy) -> CTE:
    """The instruments that are counted, with what is asked of each once: the ``key`` of its group, since when it is
    public, what holds on holidays, on which days it had a sensor and whether ``several``, and whether its opening is
    ``plain``: within days, and nothing closes it."""
    own, general = aliased(BookingRule), aliased(BookingRule)
    is_own = own.id.is_not(None)
    closed = case((is_own, own.closed_on_holidays), else_=func.coalesce(general.closed_on_holidays, false()))
    watch = _watch(days)
    return (
        select(
            Instrument.id,
            _key(by),
            _day_of(Instrument.published_at).label("since"),
            closed.label("closed_on_holidays"),
            case((is_own, own.makeup_weekday), else_=general.makeup_weekday).label("makeup_weekday"),
            watch.c.days.label("watched"),
            (watch.c.sensors > 1).label("several"),
            (~or_(*_complications(days))).label("plain"),
        )
        .join(Organisation, Organisation.id == Instrument.provider_id)
        .join(watch, true())
        .outerjoin(own, own.instrument_id == Instrument.id)
        .outerjoin(general, and_(general.provider_id == Instrument.provider_id, general.instrument_id.is_(None)))
        .where(countable(scope), Instrument.published_at < end_of_day(days.last))
        .cte("counted")
    )


def _watch(days: Days) -> FromClause:
    """The days on which an instrument had a sensor, and how many there were."""
    begins, ends = func.lower(SensorPlacement.during), func.upper(SensorPlacement.during)
    last = func.coalesce(_day_of(ends - _AN_INSTANT), days.last)
    return (
        select(
            func.range_agg(func.daterange(_day_of(begins), last, "[]")).label("days"),
            func.count(SensorPlacement.sensor_id.distinct()).label("sensors"),
        )
        .where(SensorPlacement.instrument_id == Instrument.id, begins < end_of_day(days.last))
        .correlate(Instrument)
        .lateral("watch")
    )


def _complications(days: Days) -> list[ColumnElement[bool]]:
    """What makes the hours of a day more than the sum of its stretches."""
    past_midnight = exists().where(
        OpeningHours.instrument_id == Instrument.id, OpeningHours.closes_minute > MINUTES_A_DAY
    )
    in_season = exists().where(
        OpeningSeason.instrument_id == Instrument.id,
        SeasonHours.season_id == OpeningSeason.id,
        SeasonHours.closes_minute > MINUTES_A_DAY,
    )
    closed = exists().where(
        touching(Instrument.id, start_of_day(days.first), end_of_day(days.last)),
        Occupancy.kind != OccupancyKind.BOOKING,
    )
    return [past_midnight, in_season, closed]


def asked_days(days: Days, calendar: WorkingCalendar) -> CTE:
    """The days and the one before, whose hours may run past midnight. Arrays, not rows: the statement stays the same
    for every range."""
    listed = [days.first + timedelta(days=number) for number in range(-1, days.count)]
    arrays = (
        cast(listed, ARRAY(Date)),
        cast([each.isoweekday() for each in listed], ARRAY(Integer)),
        cast([calendar.is_public_holiday(each) for each in listed], ARRAY(Boolean)),
        cast([calendar.is_makeup_day(each) for each in listed], ARRAY(Boolean)),
    )
    columns = column("day", Date), column("weekday", Integer), column("holiday", Boolean), column("makeup", Boolean)
    told = func.unnest(*arrays).table_valued(*columns, name="told").render_derived()
    return select(*told.c).cte("asked")


def opening_pieces(of: CTE, asked: FromClause, days: Days, *, plain: bool) -> Select[Any]:
    """When instruments are open, as :func:`~instruments.rules.opening.open_intervals` has it, cut at midnight."""
    weekday = case((and_(asked.c.makeup, of.c.makeup_weekday.is_not(None)), of.c.makeup_weekday), else_=asked.c.weekday)
    opens = or_(~asked.c.holiday, ~of.c.closed_on_holidays)
    in_season = (
        select(literal(1))
        .where(
            OpeningSeason.instrument_id == of.c.id,
            asked.c.day.between(OpeningSeason.first_day, OpeningSeason.last_day),
        )
        .exists()
    )
    carried = of.c.id, of.c.key, of.c.since, of.c.watched, asked.c.day
    of_week = (
        select(*carried, OpeningHours.opens_minute, OpeningHours.closes_minute)
        .select_from(of)
        .join(asked, opens)
        .join(OpeningHours, and_(OpeningHours.instrument_id == of.c.id, OpeningHours.weekday == weekday))
        .where(~in_season, of.c.plain.is_(plain))
    )
    of_season = (
        select(*carried, SeasonHours.opens_minute, SeasonHours.closes_minute)
        .select_from(of)
        .join(OpeningSeason, OpeningSeason.instrument_id == of.c.id)
        .join(asked, and_(opens, asked.c.day.between(OpeningSeason.first_day, OpeningSeason.last_day)))
        .join(SeasonHours, and_(SeasonHours.season_id == OpeningSeason.id, SeasonHours.weekday == weekday))
        .where(of.c.plain.is_(plain))
    )
    hours = union_all(of_week, of_season).subquery("hours")
    shift = values(column("days", Integer), name="shift").data([(0,)] if plain else [(0,), (1,)]).alias("shift")
    start = func.greatest(hours.c.opens_minute - shift.c.days * MINUTES_A_DAY, 0)
    end = func.least(hours.c.closes_minute - shift.c.days * MINUTES_A_DAY, MINUTES_A_DAY)
    day = (hours.c.day + shift.c.days).label("day")
    during = _range(_midnight(day) + _minutes(start), _midnight(day) + _minutes(end)).label("during")
    watched = func.coalesce(hours.c.watched.op("@>")(day), false()).label("watched")
    return (
        select(hours.c.id, hours.c.key, day, during, watched)
        .join(shift, start < end)
        .where(day >= hours.c.since, day >= days.first, day <= days.last)
    )


def taken_pieces(of: CTE, days: Days, *kinds: OccupancyKind, whole: bool = False) -> Select[Any]:
    """Bookings or closures cut at midnight, or ``whole``. Looked up instrument by instrument, as the exclusion
    constraint's index has them."""
    during = Occupancy.slot if OccupancyKind.BOOKING in kinds else Occupancy.during
    within = touching(of.c.id, start_of_day(days.first), end_of_day(days.last))
    found = (
        select(func.lower(during).label("starts_at"), func.upper(during).label("ends_at"))
        .where(within, Occupancy.kind.in_(kinds))
        .correlate(of)
        .lateral("taken")
    )
    pieces = select(of.c.id, of.c.key, found.c.starts_at, found.c.ends_at).join(found, true())
    return _within(pieces, days) if whole else _cut(pieces, days)


def used_pieces(of: CTE, days: Days, *, whole: bool) -> Select[Any]:
    """What the log has, cut at midnight, or ``whole``."""
    source = (
        select(of.c.id, of.c.key, InstrumentUse.starts_at, InstrumentUse.ends_at)
        .join(InstrumentUse, InstrumentUse.instrument_id == of.c.id)
        .where(
            InstrumentUse.purpose != UsePurpose.MAINTENANCE,
            InstrumentUse.starts_at < end_of_day(days.last),
            InstrumentUse.ends_at > start_of_day(days.first),
        )
    )
    return _within(standing(source), days) if whole else _cut(standing(source), days)


def measured_pieces(of: CTE, days: Days) -> Select[Any]:
    """What ran, kept by day already; one sensor never tells a time twice."""
    during = _range(RunningStretch.starts_at, RunningStretch.ends_at).label("during")
    return (
        select(of.c.id, of.c.key, RunningStretch.day, during, false().label("watched"))
        .join(RunningStretch, RunningStretch.instrument_id == of.c.id)
        .where(RunningStretch.starts_at >= start_of_day(days.first), RunningStretch.starts_at < end_of_day(days.last))
    )


def _within(source: Select[Any], days: Days) -> Select[Any]:
    """Stretches ``id, key, starts_at, ends_at`` as far as they lie within the days, of no day: for sums over all of
    them, to which cutting each adds nothing."""
    whole = source.subquery()
    part = _range(
        func.greatest(whole.c.starts_at, start_of_day(days.first)), func.least(whole.c.ends_at, end_of_day(days.last))
    )
    day = cast(null(), Date).label("day")
    return select(whole.c.id, whole.c.key, day, part.label("during"), false().label("watched"))


def _cut(source: Select[Any], days: Days) -> Select[Any]:
    """Stretches ``id, key, starts_at, ends_at`` cut at midnight, one row a day."""
    whole = source.subquery()
    first = func.greatest(_day_of(whole.c.starts_at), days.first)
    last = func.least(_day_of(whole.c.ends_at - _AN_INSTANT), days.last)
    each = func.generate_series(cast(first, DateTime), cast(last, DateTime), _A_DAY)
    at = each.table_valued(column("at", DateTime)).lateral("at")
    midnight = _midnight(at.c.at)
    part = _range(func.greatest(whole.c.starts_at, midnight), func.least(whole.c.ends_at, midnight + _A_DAY))
    day = cast(at.c.at, Date).label("day")
    return select(whole.c.id, whole.c.key, day, part.label("during"), false().label("watched")).join(at, true())


def by_day(pieces: Select[Any]) -> FromClause:
    """The time of each instrument and day, what overlaps once."""
    each = pieces.subquery()
    return _grouped(each, func.range_agg(each.c.during, type_=TSTZMULTIRANGE()))


def less(pieces: Select[Any], others: Select[Any]) -> FromClause:
    """The same without the time of others: without a join, of which nobody knows beforehand how large it is."""
    taken = literal(value=True).label("taken")
    each = union_all(pieces.add_columns(false().label("taken")), others.add_columns(taken)).subquery()
    whole = func.range_agg(each.c.during, type_=TSTZMULTIRANGE())
    left, less = whole.filter(~each.c.taken), whole.filter(each.c.taken)
    return _grouped(each, func.coalesce(left, _EMPTY) - func.coalesce(less, _EMPTY))


def _grouped(each: FromClause, during: ColumnElement[Any]) -> FromClause:
    watched = func.bool_or(each.c.watched).label("watched")
    grouped = select(each.c.key, each.c.day, during.label("during"), watched)
    return grouped.group_by(each.c.id, each.c.key, each.c.day).subquery()


def joined(of: FromClause, what: str, *, per_day: bool) -> Select[Any]:
    """How long it is, of time that was put together."""
    part = func.unnest(of.c.during).table_valued(column("part", Period())).lateral("part")
    return _told(of.join(part, true()), of, part.c.part, what, per_day=per_day)


def summed(pieces: Select[Any], what: str, *, per_day: bool) -> Select[Any]:
    """How long it is, of pieces that never overlap."""
    each = pieces.subquery()
    return _told(each, each, each.c.during, what, per_day=per_day)


def _told(source: Any, of: FromClause, during: ColumnElement[Any], what: str, *, per_day: bool) -> Select[Any]:
    day = (of.c.day if per_day else cast(null(), Date)).label("day")
    seconds = func.sum(func.extract("epoch", func.upper(during) - func.lower(during))).label("seconds")
    grouped = (of.c.key, of.c.day, of.c.watched) if per_day else (of.c.key, of.c.watched)
    told = select(of.c.key, day, literal(what).label("what"), seconds, of.c.watched).select_from(source)
    return told.group_by(*grouped)


def _key(by: UtilisationBy) -> ColumnElement[Any]:
    keys: dict[UtilisationBy, Any] = {
        UtilisationBy.INSTRUMENT: Instrument.id,
        UtilisationBy.PROVIDER: Instrument.provider_id,
        UtilisationBy.CITY: func.coalesce(Organisation.city, ""),
        UtilisationBy.PROVINCE: cast(null(), Integer),
    }
    key: ColumnElement[Any] = keys[by].label("key")
    return key


def _day_of(at: Any) -> ColumnElement[date]:
    return cast(func.timezone(str(SHANGHAI), at), Date)


def _midnight(day: Any) -> ColumnElement[Any]:
    return func.timezone(str(SHANGHAI), cast(day, DateTime), type_=UTC())


def _minutes(count: ColumnElement[int]) -> ColumnElement[timedelta]:
    return func.make_interval(0, 0, 0, 0, 0, count, type_=Interval())


def _range(start: Any, end: Any) -> ColumnElement[Any]:
    return func.tstzrange(start, end, "[)")
