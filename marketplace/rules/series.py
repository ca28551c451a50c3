"""Series of bookings: which slots, and what may be chosen of them. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from core.clock import today
from core.errors import Reason, reason
from instruments.rules.opening import Interval
from instruments.rules.series import Repetition, repetition_faults

MOST_BOOKINGS = 30
"""Each is an order of its own, and all are placed while nobody else books the instrument."""


class SeriesChoice(StrEnum):
    """What is placed of a series: all of it or nothing, or what of it can be booked."""

    ALL = "all"
    BOOKABLE = "bookable"


def repetition(first: Interval, *, every_days: int, until: date | None, count: int | None) -> Repetition:
    """How a slot is repeated: to a day, or so many times; once where neither is said."""
    last = today(first.start) + timedelta(days=every_days * ((count or 1) - 1))
    return Repetition(every_days, last if until is None else until)


def series_faults(first: Interval, again: Repetition, *, now_day: date) -> list[Reason]:
    """Why a slot cannot be booked again and again like this."""
    if first.end <= first.start:
        return [reason("slot_reversed", field="ends_at")]
    faults = repetition_faults(first, again)
    if not faults and sum(1 for _ in again.of(first)) > MOST_BOOKINGS:
        faults.append(reason("series_too_many", field="repeat_until", most=MOST_BOOKINGS))
    if today(first.start) < now_day:
        faults.append(reason("slot_in_the_past", field="starts_at"))
    return faults
