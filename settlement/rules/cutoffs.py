"""When payables are paid: cut-offs on fixed days of a month, moved to the next working day (V17 pay)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count

from core.workdays import WorkingCalendar, YearStatus

_NEIGHBOURHOOD = timedelta(days=62)
"""Two months, within which the cut-offs before and after lie."""


@dataclass(frozen=True)
class Cutoff:
    """One cut-off.

    The day the policy names, the working day it falls on, and whether the calendar behind it is official. ``reason``
    says why a person put it on another day than the policy's.
    """

    nominal: date
    day: date
    status: YearStatus
    reason: str | None = None


@dataclass(frozen=True)
class Moved:
    """Where a person put a cut-off, and why."""

    day: date
    reason: str


@dataclass(frozen=True)
class Schedule:
    """On which days of a month a province pays, and whether a day that is no working day moves to the next one.

    ``moved`` are the cut-offs that a person put elsewhere, by the day the policy names.
    """

    days: tuple[int, ...]
    moves: bool = True
    moved: Mapping[date, Moved] = field(default_factory=dict)


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


def change_faults(nominal: date, day: date, *, schedule: Schedule, calendar: WorkingCalendar, today: date) -> list[str]:
    """Why a cut-off cannot be put on a day, as codes: it is none of the policy's, it is over, the day has passed or is
    no working day, or it does not lie between the cut-offs before and after."""
    around = list(_around(nominal, schedule=schedule, calendar=calendar))
    if nominal not in [each.nominal for each in around]:
        return ["cutoff_unknown"]
    place = [each.nominal for each in around].index(nominal)
    faults = []
    if around[place].day < today:
        faults.append("cutoff_over")
    if day < today:
        faults.append("cutoff_day_over")
    if not calendar.is_working_day(day):
        faults.append("cutoff_no_working_day")
    if not around[place - 1].day < day < around[place + 1].day:
        faults.append("cutoff_out_of_order")
    return faults


def _around(nominal: date, *, schedule: Schedule, calendar: WorkingCalendar) -> Iterator[Cutoff]:
    """The cut-offs from two months before to two months after a day."""
    for found in _from(nominal.replace(day=1) - timedelta(days=1), schedule=schedule, calendar=calendar):
        if found.nominal > nominal + _NEIGHBOURHOOD:
            return
        yield found


def _cutoff(nominal: date, *, schedule: Schedule, calendar: WorkingCalendar) -> Cutoff:
    by_hand = schedule.moved.get(nominal)
    if by_hand is not None:
        day = by_hand.day
    else:
        day = calendar.next_working_day_on_or_after(nominal) if schedule.moves else nominal
    years = range(min(nominal, day).year, max(nominal, day).year + 1)
    official = all(calendar.status(year) is YearStatus.PUBLISHED for year in years)
    status = YearStatus.PUBLISHED if official else YearStatus.PROVISIONAL
    return Cutoff(nominal, day, status, None if by_hand is None else by_hand.reason)


def _from(on: date, *, schedule: Schedule, calendar: WorkingCalendar) -> Iterator[Cutoff]:
    # A cut-off moves by days, never by more than a month, so the month before is early enough to begin.
    first = (on.replace(day=1) - timedelta(days=1)).replace(day=1)
    for months in count():
        year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
        for day in sorted(schedule.days):
            yield _cutoff(date(year, month + 1, day), schedule=schedule, calendar=calendar)
