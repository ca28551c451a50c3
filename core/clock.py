"""The only place that asks what time it is. Services are given ``now``."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""The time zone in which people read dates."""

_fixed: ContextVar[datetime | None] = ContextVar("fixed_clock", default=None)


def now() -> datetime:
    """The present instant in UTC, or the one set by :func:`at`."""
    return _fixed.get() or datetime.now(UTC)


def is_held() -> bool:
    """Whether :func:`at` holds the clock here, so that no time passes."""
    return _fixed.get() is not None


def today(instant: datetime) -> date:
    """The calendar date of an instant in Asia/Shanghai; a naive one raises ValueError."""
    if instant.utcoffset() is None:
        raise ValueError("a calendar date needs an aware instant")
    return instant.astimezone(SHANGHAI).date()


def start_of_day(day: date) -> datetime:
    """The first instant of a calendar date in Asia/Shanghai, in UTC."""
    return datetime.combine(day, time.min, SHANGHAI).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The first instant after a calendar date in Asia/Shanghai, in UTC (the open end of that day)."""
    return start_of_day(day + timedelta(days=1))


def add_months(day: date, months: int) -> date:
    """The same day some months later, or that month's last day where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def moment_of(typed: str) -> datetime:
    """An instant as people write it: without an offset it is wall time of Asia/Shanghai; raises ValueError."""
    wall = datetime.fromisoformat(typed)
    return wall if wall.tzinfo else wall.replace(tzinfo=SHANGHAI)


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Hold the clock at an instant within the block, for tests and for telling a story over several months."""
    if instant.tzinfo is None:
        raise ValueError("the clock needs an aware instant")
    token = _fixed.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _fixed.reset(token)
