"""What is left of the quotas that a provider sets each user organisation on an instrument."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from instruments.rules.booking import BookingRules, booked_within, months_of, weeks_of
from instruments.rules.opening import Interval


@dataclass(frozen=True, slots=True)
class PeriodLeft:
    """How much of a week or a month may still be booked."""

    period: Interval
    left: timedelta


@dataclass(frozen=True, slots=True)
class QuotaLeft:
    """What one user organisation may still book; None where nothing is counted."""

    open_bookings: int | None
    weeks: tuple[PeriodLeft, ...] | None
    months: tuple[PeriodLeft, ...] | None


def quota_left(rules: BookingRules, own: Sequence[Interval], window: Interval, *, now: datetime) -> QuotaLeft | None:
    """What is left in each week and month that a window touches, given the user's bookings ``own`` since
    :func:`~instruments.rules.booking.counted_since` its start; None without quotas."""
    if not rules.has_quota:
        return None
    open_now = sum(each.end > now for each in own)
    return QuotaLeft(
        None if rules.open_bookings is None else max(0, rules.open_bookings - open_now),
        _left(rules.week_hours, weeks_of, own, window),
        _left(rules.month_hours, months_of, own, window),
    )


def _left(
    hours: int | None,
    periods: Callable[[Interval], Iterator[Interval]],
    own: Iterable[Interval],
    window: Interval,
) -> tuple[PeriodLeft, ...] | None:
    if hours is None:
        return None
    bookings, most = list(own), timedelta(hours=hours)
    return tuple(PeriodLeft(each, max(timedelta(), most - booked_within(bookings, each))) for each in periods(window))
