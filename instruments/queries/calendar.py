"""An instrument's week, and what takes up its time, without anybody's name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute

from core.db import session
from core.errors import NotFound
from core.types import Span
from instruments.models import Occupancy, OpeningHours
from instruments.rules.opening import Interval, WeeklyHours
from instruments.rules.terms import OccupancyKind

SECONDS_AN_HOUR = 3600


class OccupancyMissing(NotFound):
    """There is no such closure or maintenance window of this instrument."""

    code = "occupancy_missing"


def opening_hours(instrument_id: int) -> list[WeeklyHours]:
    """The week of an instrument, sorted."""
    return list(week_of(instrument_id, session().execute(hours_of(select(literal(instrument_id)))).all()))


def hours_of(instruments: Select[tuple[int]]) -> Select[Any]:
    """The weekly stretches of some instruments, for :func:`week_of`."""
    each = OpeningHours
    return select(each.instrument_id, each.weekday, each.opens_minute, each.closes_minute).where(
        each.instrument_id.in_(instruments)
    )


def week_of(instrument_id: int, stretches: Iterable[Any]) -> tuple[WeeklyHours, ...]:
    """The week of one of them, sorted."""
    own = (each for each in stretches if each.instrument_id == instrument_id)
    return tuple(sorted(WeeklyHours(each.weekday, each.opens_minute, each.closes_minute) for each in own))


def occupied(instrument_id: int, start: datetime, end: datetime) -> list[Occupancy]:
    """Everything live that touches the period, in order of time."""
    found = select(Occupancy).where(touching(instrument_id, start, end)).order_by(func.lower(Occupancy.during))
    return list(session().scalars(found))


def touching(
    instrument_id: int | ColumnElement[int] | InstrumentedAttribute[int],
    start: datetime | ColumnElement[datetime],
    end: datetime | ColumnElement[datetime] | None,
) -> ColumnElement[bool]:
    """The condition on :class:`Occupancy` that it is live and touches a period of an instrument; an empty period
    touches none, one without end all that comes."""
    same = func.int8range(Occupancy.instrument_id, Occupancy.instrument_id, "[]")
    wanted = func.int8range(instrument_id, instrument_id, "[]")
    during = Occupancy.during.op("&&")(func.tstzrange(start, end, "[)"))
    return and_(Occupancy.live, same.op("&&")(wanted), during)


def find_occupancy(instrument_id: int, occupancy_id: int) -> Occupancy:
    """A live closure or maintenance window of an instrument; raises :class:`OccupancyMissing`. Bookings are none."""
    found = session().scalar(
        select(Occupancy).where(
            Occupancy.id == occupancy_id,
            Occupancy.instrument_id == instrument_id,
            Occupancy.live,
            Occupancy.kind != OccupancyKind.BOOKING,
        )
    )
    if found is None:
        raise OccupancyMissing
    return found


def rest_of_series(closure: Occupancy, *, now: datetime) -> Sequence[Occupancy]:
    """The others of a closure's series that are live and have not ended."""
    if closure.series_id is None:
        return []
    found = select(Occupancy).where(
        Occupancy.series_id == closure.series_id,
        Occupancy.id != closure.id,
        Occupancy.live,
        func.upper(Occupancy.during) > now,
    )
    return session().scalars(found).all()


def booked_hours(order_id: int) -> Decimal | None:
    """Hours booked for an order, None where it booked no instrument time."""
    found = session().scalar(
        select(Occupancy)
        .where(Occupancy.order_id == order_id)
        .order_by(Occupancy.live.desc(), Occupancy.id.desc())
        .limit(1)
    )
    if found is None:
        return None
    return Decimal(int(found.slot.duration.total_seconds())) / SECONDS_AN_HOUR


def interval(span: Span) -> Interval:
    """A stored period as the rules see it."""
    return Interval(span.start, end_of(span))


def end_of(span: Span) -> datetime:
    """The end of a period that the database keeps from being open."""
    if span.end is None:
        raise ValueError("an occupancy always ends")
    return span.end
