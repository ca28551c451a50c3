"""Opening hours: when an instrument is open, and what of that is free.

People read these times in Asia/Shanghai; instants are compared in UTC. Hours of one weekday may run past midnight:
22:00 to 26:00 is Monday night until two on Tuesday.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from core.clock import SHANGHAI
from core.errors import Reason, reason
from core.workdays import WorkingCalendar, YearStatus

MINUTES_A_DAY = 24 * 60
MINUTES_A_WEEK = 7 * MINUTES_A_DAY
LONGEST_SEASON_DAYS = 366


PLAIN_WEEKS = WorkingCalendar(frozenset(), {})
"""No holidays and no make-up days."""


@dataclass(frozen=True, order=True, slots=True)
class Interval:
    """A half-open period ``[start, end)`` of aware instants, never empty."""

    start: datetime
    end: datetime

    def overlaps(self, other: Interval) -> bool:
        """Whether both share an instant; touching ends do not."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, order=True, slots=True)
class WeeklyHours:
    """Open on ``weekday`` (1 Monday … 7 Sunday) from ``opens`` to ``closes``, in minutes after that day's midnight.

    ``closes`` may pass 1440, into the next day, but a stretch is at most 24 hours long.
    """

    weekday: int
    opens: int
    closes: int


def hours_faults(hours: Sequence[WeeklyHours]) -> list[Reason]:
    """Every fault of a week: wrong weekday, reversed or too long stretches, and each pair that overlaps."""
    faults: list[Reason] = []
    for number, entry in enumerate(hours, start=1):
        if not 1 <= entry.weekday <= 7:
            faults.append(reason("slot_weekday_unknown", field=f"hours.{number - 1}.weekday", number=number))
        if not 0 <= entry.opens < MINUTES_A_DAY or not entry.opens < entry.closes <= entry.opens + MINUTES_A_DAY:
            faults.append(reason("slot_hours_reversed", field=f"hours.{number - 1}", number=number))
    if faults:
        return faults
    return [
        reason("slot_hours_overlap", field=f"hours.{second}", first=first + 1, second=second + 1)
        for first in range(len(hours))
        for second in range(first + 1, len(hours))
        if _overlap_in_week(hours[first], hours[second])
    ]


@dataclass(frozen=True, order=True, slots=True)
class Season:
    """A range of days, both included, with hours of its own in place of the week's; without any it is closed."""

    first_day: date
    last_day: date
    hours: tuple[WeeklyHours, ...]


def season_faults(first_day: date, last_day: date, others: Iterable[tuple[date, date]]) -> list[Reason]:
    """Why a range of days cannot have hours of its own beside others."""
    if last_day < first_day:
        return [reason("season_reversed", field="last_day")]
    if (last_day - first_day).days >= LONGEST_SEASON_DAYS:
        return [reason("season_too_long", field="last_day", days=LONGEST_SEASON_DAYS)]
    return [
        reason("season_overlaps", field="first_day", first_day=first, last_day=last)
        for first, last in sorted(others)
        if first <= last_day and first_day <= last
    ]


@dataclass(frozen=True, slots=True)
class Opening:
    """When an instrument is open: its week, seasons with hours of their own, and what it does on public holidays and
    on weekend days that are worked.

    ``makeup_weekday``: as which weekday it opens on the latter; None changes nothing. A stretch belongs to the day on
    which it begins. ``calendar`` must reach from the day before the first one asked about.
    """

    week: tuple[WeeklyHours, ...]
    closed_on_holidays: bool = False
    makeup_weekday: int | None = None
    calendar: WorkingCalendar = PLAIN_WEEKS
    seasons: tuple[Season, ...] = ()

    @property
    def is_never(self) -> bool:
        """Whether no hours are set at all."""
        return not self.week and not any(each.hours for each in self.seasons)

    def hours_of(self, day: date) -> tuple[WeeklyHours, ...]:
        """The stretches that begin on a day."""
        weekday = day.isoweekday()
        if self.closed_on_holidays and self.calendar.is_public_holiday(day):
            return ()
        if self.makeup_weekday is not None and self.calendar.is_makeup_day(day):
            weekday = self.makeup_weekday
        hours = next((each.hours for each in self.seasons if each.first_day <= day <= each.last_day), self.week)
        return tuple(each for each in hours if each.weekday == weekday)

    def on_holidays_too(self) -> Opening:
        """The same without regard to public holidays."""
        return replace(self, closed_on_holidays=False)

    def provisional_years(self, start: datetime, end: datetime) -> list[int]:
        """Of the years that are touched, those whose holidays matter here and are not published yet."""
        if not self.closed_on_holidays and self.makeup_weekday is None:
            return []
        years = range(start.astimezone(SHANGHAI).year, end.astimezone(SHANGHAI).year + 1)
        return [each for each in years if self.calendar.status(each) is YearStatus.PROVISIONAL]


def open_intervals(opening: Opening, start: datetime, end: datetime) -> list[Interval]:
    """When the instrument is open between two instants: sorted, touching stretches joined (24 hours a day is one)."""
    day = start.astimezone(SHANGHAI).date() - timedelta(days=1)
    last = end.astimezone(SHANGHAI).date()
    stretches: list[Interval] = []
    while day <= last:
        hours = opening.hours_of(day)
        stretches += [Interval(_instant(day, each.opens), _instant(day, each.closes)) for each in hours]
        day += timedelta(days=1)
    return [
        Interval(max(joined.start, start), min(joined.end, end))
        for joined in join(stretches)
        if joined.start < end and start < joined.end
    ]


def join(stretches: Iterable[Interval]) -> list[Interval]:
    """The same time as sorted periods that neither overlap nor touch."""
    joined: list[Interval] = []
    for stretch in sorted(stretches):
        if joined and stretch.start <= joined[-1].end:
            joined[-1] = Interval(joined[-1].start, max(joined[-1].end, stretch.end))
        else:
            joined.append(stretch)
    return joined


def free_intervals(opened: Iterable[Interval], taken: Iterable[Interval]) -> list[Interval]:
    """What is open and not taken."""
    free: list[Interval] = []
    blocks = join(taken)
    for stretch in join(opened):
        start = stretch.start
        for block in blocks:
            if block.end <= start or block.start >= stretch.end:
                continue
            if start < block.start:
                free.append(Interval(start, block.start))
            start = max(start, block.end)
        if start < stretch.end:
            free.append(Interval(start, stretch.end))
    return free


def _instant(day: date, minutes: int) -> datetime:
    midnight = datetime.combine(day, time.min, SHANGHAI)
    return midnight.astimezone(UTC) + timedelta(minutes=minutes)


def _overlap_in_week(first: WeeklyHours, second: WeeklyHours) -> bool:
    first_start = (first.weekday - 1) * MINUTES_A_DAY + first.opens
    second_start = (second.weekday - 1) * MINUTES_A_DAY + second.opens
    return any(
        first_start < second_start + second.closes - second.opens + shift
        and second_start + shift < first_start + first.closes - first.opens
        for shift in (-MINUTES_A_WEEK, 0, MINUTES_A_WEEK)
    )
