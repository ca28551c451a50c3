"""When things happen in the story; all of it lies within the measure's term."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, time

from core import clock

YEAR = 2026
FIGURES_YEAR = YEAR - 1


def at(day: date, hour: int = 10) -> AbstractContextManager[None]:
    """Hold the clock at an hour of a day, as people in Shandong read it."""
    return clock.at(datetime.combine(day, time(hour), clock.SHANGHAI))


def _day(month: int, day: int) -> date:
    return date(YEAR, month, day)


OPENING = _day(1, 4)
"""Authorities, registrations and imports."""
LISTINGS = _day(1, 5)
"""Reviews of members and listings; the fund of the year."""

FIRST_CUTOFF = _day(1, 12)
FIRST_ANSWER = _day(1, 14)
CORRECTIONS = _day(1, 16)
SECOND_CUTOFF = _day(1, 26)
SECOND_ANSWER = _day(1, 28)
LATE_RETURN = _day(2, 3)
LAST_DAY = _day(3, 16)
"""A returned claim that was never mended is overdue by then; the books are closed."""


@dataclass(frozen=True)
class Wave:
    """A group of orders that move together. ``unanswered`` is the day on which those nobody answered lapse."""

    name: str
    placed: date
    accepted: date
    served: date
    completed: date
    submitted: date
    reviewed: date
    resubmitted: date
    dispatched: date
    confirmed: date
    unanswered: date


FIRST = Wave(
    "first wave",
    placed=_day(1, 5),
    accepted=_day(1, 6),
    served=_day(1, 7),
    completed=_day(1, 8),
    submitted=_day(1, 8),
    reviewed=_day(1, 9),
    resubmitted=_day(1, 9),
    dispatched=_day(1, 9),
    confirmed=_day(1, 12),
    unanswered=_day(1, 13),
)
SECOND = Wave(
    "second wave",
    placed=_day(1, 13),
    accepted=_day(1, 14),
    served=_day(1, 15),
    completed=_day(1, 17),
    submitted=_day(1, 19),
    reviewed=_day(1, 20),
    resubmitted=_day(1, 21),
    dispatched=_day(1, 22),
    confirmed=_day(1, 23),
    unanswered=_day(1, 21),
)
THIRD = Wave(
    "third wave",
    placed=_day(2, 24),
    accepted=_day(2, 25),
    served=_day(2, 26),
    completed=_day(3, 3),
    submitted=_day(3, 4),
    reviewed=_day(3, 9),
    resubmitted=_day(3, 10),
    dispatched=_day(3, 11),
    confirmed=_day(3, 12),
    unanswered=_day(3, 13),
)
