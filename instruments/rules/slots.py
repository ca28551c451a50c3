"""Whether a slot may be booked, and where slots may be booked, under everything that is asked of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.clock import start_of_day, today
from core.errors import Reason, reason
from instruments.rules.booking import BookingRules, lead_faults, length_faults, quota_faults
from instruments.rules.opening import Interval, Opening, free_intervals, open_intervals
from instruments.rules.qualifications import Validity, qualification_faults

USUAL_GRID = timedelta(minutes=15)
"""On which bookable starts are named where the provider asks for no grid."""


class ClosedBy(StrEnum):
    """Why a time cannot be booked though nobody has taken it."""

    HOURS = "hours"
    HOLIDAY = "holiday"
    LEAD_TIME = "lead_time"
    HORIZON = "horizon"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a slot is judged by: the instrument's opening and rules, and the pack's limits of any booking."""

    opening: Opening
    rules: BookingRules
    longest: timedelta
    horizon: timedelta

    @property
    def reach(self) -> timedelta:
        """How far ahead a booking may begin."""
        return self.rules.reach(self.horizon)

    @property
    def most(self) -> timedelta:
        """The longest slot."""
        most = self.rules.max_minutes
        return self.longest if most is None else min(self.longest, timedelta(minutes=most))


@dataclass(frozen=True, slots=True)
class Starts:
    """Where a slot may begin: at ``first``, then every ``every``, up to and including ``last``."""

    first: datetime
    last: datetime
    every: timedelta


def slot_faults(
    slot: Interval,
    *,
    terms: Terms,
    own: Sequence[Interval],
    now: datetime,
    qualified: Sequence[Validity] = (),
) -> list[Reason]:
    """Every reason why a slot may not be booked, apart from being taken already; ``own`` are the bookings of the same
    user on the instrument since :func:`~instruments.rules.booking.counted_since`, ``qualified`` the days on which it
    may book what is for qualified users."""
    rules, faults = terms.rules, []
    if slot.start < now:
        faults.append(reason("slot_in_the_past", field="starts_at"))
    faults += lead_faults(slot, rules, now=now)
    if slot.end - slot.start > terms.longest:
        faults.append(reason("slot_too_long", field="ends_at", days=terms.longest.days))
    faults += length_faults(slot, rules)
    if slot.start > now + terms.reach:
        faults.append(reason("slot_too_far", field="starts_at", days=terms.reach.days))
    elif slot.end - slot.start <= terms.longest:
        faults += _closed_faults(slot, terms.opening)
    faults += quota_faults(slot, own, rules, now=now)
    faults += qualification_faults(slot, rules, qualified)
    return faults


def free_stretches(window: Interval, *, terms: Terms, taken: Iterable[Interval], now: datetime) -> list[Interval]:
    """Where slots within a window may lie: open, and clear of what is taken with the time kept free around a booking.

    Of what is left, too short stretches are left out, and what none may reach: before the lead time is over, and after
    the last start there is with the longest slot. ``taken`` must reach as far beyond the window as the buffers do.
    """
    before, after = timedelta(minutes=terms.rules.before_minutes), timedelta(minutes=terms.rules.after_minutes)
    kept_free = [Interval(each.start - after, each.end + before) for each in taken]
    latest = now + terms.reach
    bookable = _part(window, _soonest(terms, now), latest + terms.most)
    if bookable is None:
        return []
    opened = open_intervals(terms.opening, bookable.start, bookable.end)
    least = timedelta(minutes=terms.rules.min_minutes or 0)
    return [
        each for each in free_intervals(opened, kept_free) if each.end - each.start >= least and each.start <= latest
    ]


def closed_stretches(window: Interval, *, terms: Terms, now: datetime) -> list[tuple[ClosedBy, Interval]]:
    """What of a window cannot be booked by anybody and why, sorted; each instant by its first reason."""
    latest_end = now + terms.reach + terms.most
    soon = _part(window, window.start, _soonest(terms, now))
    far = _part(window, latest_end, window.end)
    outer = [(ClosedBy.LEAD_TIME, soon), (ClosedBy.HORIZON, far)]
    found = [(why, each) for why, each in outer if each is not None]
    between = _part(window, _soonest(terms, now), latest_end)
    if between is not None:
        opened = open_intervals(terms.opening, between.start, between.end)
        otherwise = open_intervals(terms.opening.on_holidays_too(), between.start, between.end)
        shut = free_intervals([between], opened)
        found += [(ClosedBy.HOLIDAY, each) for each in free_intervals(otherwise, opened)]
        found += [(ClosedBy.HOURS, each) for each in free_intervals(shut, otherwise)]
    return sorted(found, key=lambda each: each[1])


def bookable_starts(free: Iterable[Interval], length: timedelta, *, terms: Terms, now: datetime) -> Iterator[Starts]:
    """Where a slot of a length may begin in the free stretches; none where the rules allow no such length."""
    whole = Interval(now, now + length)
    lengthwise = (each for each in length_faults(whole, terms.rules) if each.field == "ends_at")
    if length > terms.longest or any(lengthwise):
        return
    step = terms.rules.step_minutes
    every = USUAL_GRID if step is None else timedelta(minutes=step)
    for stretch in free:
        midnight = start_of_day(today(stretch.start))
        first = midnight + -((midnight - stretch.start) // every) * every
        last = midnight + (min(stretch.end - length, now + terms.reach) - midnight) // every * every
        if first <= last:
            yield Starts(first, last, every)


def _closed_faults(slot: Interval, opening: Opening) -> Iterator[Reason]:
    if open_intervals(opening, slot.start, slot.end) == [slot]:
        return
    if opening.is_never:
        yield reason("slot_no_opening_hours", field="starts_at")
    elif open_intervals(opening.on_holidays_too(), slot.start, slot.end) == [slot]:
        yield reason("slot_on_public_holiday", field="starts_at")
    else:
        yield reason("slot_outside_opening_hours", field="starts_at")


def _soonest(terms: Terms, now: datetime) -> datetime:
    return now + timedelta(minutes=terms.rules.lead_minutes)


def _part(window: Interval, start: datetime, end: datetime) -> Interval | None:
    start, end = max(window.start, start), min(window.end, end)
    return Interval(start, end) if start < end else None
