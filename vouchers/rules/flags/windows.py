"""Days within a stretch that can lie anywhere around one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import TypeVar

T = TypeVar("T")


def windows(items: Sequence[T], *, around: date, days: int, day_of: Callable[[T], date]) -> Iterator[list[T]]:
    """Every choice of items that lie with ``around`` within ``days`` days, both ends included.

    Each stretch begins on the day of an item, or on ``around``, not later than that and early enough to hold it.
    """
    starts = {day_of(each) for each in items} | {around}
    for start in sorted(starts):
        if start <= around <= start + timedelta(days=days):
            yield [each for each in items if start <= day_of(each) <= start + timedelta(days=days)]
