"""Opening hours and slots: when an instrument is open, what of that is free, and whether a slot may be booked.

People read these times in Asia/Shanghai; instants are compared in UTC. Hours of one weekday may run past midnight:
22:00 to 26:00 is Monday night until two on Tuesday.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from core.clock import SHANGHAI
from core.errors import Reason, reason

MINUTES_A_DAY = 24 * 60
MINUTES_A_WEEK = 7 * MINUTES_A_DAY


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


def open_intervals(hours: Iterable[WeeklyHours], start: datetime, end: datetime) -> list[Interval]:
    """When the instrument is open between two instants: sorted, touching stretches joined (24 hours a day is one)."""
    weekly = list(hours)
    day = start.astimezone(SHANGHAI).date() - timedelta(days=1)
    last = end.astimezone(SHANGHAI).date()
    stretches: list[Interval] = []
    while day <= last:
        stretches += [
            Interval(_instant(day, entry.opens), _instant(day, entry.closes))
            for entry in weekly
            if entry.weekday == day.isoweekday()
        ]
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


def slot_faults(
    slot: Interval,
    *,
    hours: Sequence[WeeklyHours],
    now: datetime,
    longest: timedelta,
    horizon: timedelta,
) -> list[Reason]:
    """Every reason why a slot may not be booked, apart from being taken already."""
    faults: list[Reason] = []
    if slot.start < now:
        faults.append(reason("slot_in_the_past", field="starts_at"))
    if slot.end - slot.start > longest:
        faults.append(reason("slot_too_long", field="ends_at", days=longest.days))
    if slot.start > now + horizon:
        faults.append(reason("slot_too_far", field="starts_at", days=horizon.days))
    elif slot.end - slot.start <= longest and open_intervals(hours, slot.start, slot.end) != [slot]:
        code = "slot_outside_opening_hours" if hours else "slot_no_opening_hours"
        faults.append(reason(code, field="starts_at"))
    return faults


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
