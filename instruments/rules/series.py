"""The same period again and again: closures and maintenance every so many days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from core.clock import today
from core.errors import Reason, reason
from instruments.rules.opening import Interval

MOST_REPETITIONS = 100


@dataclass(frozen=True, slots=True)
class Repetition:
    """Every ``every_days`` days, up to and including the day ``until``, at the same time of day in Asia/Shanghai."""

    every_days: int
    until: date

    def of(self, first: Interval) -> Iterator[Interval]:
        """The period itself and those after it."""
        step = timedelta(days=self.every_days)
        period = first
        while today(period.start) <= self.until:
            yield period
            period = Interval(period.start + step, period.end + step)


def repetition_faults(first: Interval, again: Repetition) -> list[Reason]:
    """Why a period cannot be repeated like this."""
    faults = []
    if again.until < today(first.start):
        faults.append(reason("series_over_before_it_begins", field="repeat_until"))
    elif (again.until - today(first.start)).days // again.every_days >= MOST_REPETITIONS:
        faults.append(reason("series_too_many", field="repeat_until", most=MOST_REPETITIONS))
    if timedelta(days=again.every_days) < first.end - first.start:
        faults.append(reason("series_overlaps_itself", field="every_days"))
    return faults
