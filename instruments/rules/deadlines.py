"""Terms of listings and which of their last days are near or over (S13, S14). Pure."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from instruments.rules.listing import Workdays, due_on

SHORTEST_MARGIN = 1
"""Calendar days a working day takes at least."""


class Term(StrEnum):
    """What is to be done in time: list after acceptance (S13), update the listing after a change (S14)."""

    LISTING = "listing"
    UPDATE = "update"


class ChangeKind(StrEnum):
    """What changed about a listed instrument."""

    MOVED = "moved"
    REPLACED = "replaced"
    UPGRADED = "upgraded"
    CONDITION = "condition"
    OPENING = "opening"
    OTHER = "other"


class ReminderStep(StrEnum):
    """What a reminder says: the last day comes, or is over."""

    COMING = "coming"
    OVERDUE = "overdue"


def last_begun(calendar: Workdays, working_days: int, *, due_before: date) -> date:
    """The latest day a term may have begun on whose last day lies before ``due_before``."""
    day = due_before - timedelta(days=working_days * SHORTEST_MARGIN)
    while due_on(day, working_days=working_days, calendar=calendar) >= due_before:
        day -= timedelta(days=1)
    return day
