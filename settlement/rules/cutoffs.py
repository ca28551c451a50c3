"""When payables are paid: cut-offs on fixed days of a month, moved to the next working day (V17 pay)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count

from core.workdays import WorkingCalendar, YearStatus


@dataclass(frozen=True)
class Cutoff:
    """One cut-off.

    The day the policy names, the working day it falls on, and whether the calendar behind it is official.
    """

    nominal: date
    day: date
    status: YearStatus


@dataclass(frozen=True)
class Schedule:
    """On which days of a month a province pays, and whether a day that is no working day moves to the next one."""

    days: tuple[int, ...]
    moves: bool = True


def cutoffs_of(year: int, *, schedule: Schedule, calendar: WorkingCalendar) -> list[Cutoff]:
    """The cut-offs of a year's months, earliest first."""
    return [
        _cutoff(date(year, month, day), schedule=schedule, calendar=calendar)
        for month in range(1, 13)
        for day in sorted(schedule.days)
    ]


def next_cutoff(on: date, *, schedule: Schedule, calendar: WorkingCalendar) -> Cutoff:
    """The first cut-off that falls on or after a day."""
    return next(found for found in _from(on, schedule=schedule, calendar=calendar) if found.day >= on)


def _cutoff(nominal: date, *, schedule: Schedule, calendar: WorkingCalendar) -> Cutoff:
    moved = calendar.next_working_day_on_or_after(nominal) if schedule.moves else nominal
    official = all(calendar.status(year) is YearStatus.PUBLISHED for year in range(nominal.year, moved.year + 1))
    return Cutoff(nominal, moved, YearStatus.PUBLISHED if official else YearStatus.PROVISIONAL)


def _from(on: date, *, schedule: Schedule, calendar: WorkingCalendar) -> Iterator[Cutoff]:
    # A cut-off moves by days, never by more than a month, so the month before is early enough to begin.
    first = (on.replace(day=1) - timedelta(days=1)).replace(day=1)
    for months in count():
        year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
        for day in sorted(schedule.days):
            yield _cutoff(date(year, month + 1, day), schedule=schedule, calendar=calendar)
