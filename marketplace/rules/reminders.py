"""Days on which somebody is reminded of a last day. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta


def reminder_day(due_on: date, before: Sequence[int], today: date) -> date | None:
    """The latest day of a reminder that has come; None before the first one and once the last day is over."""
    days = [due_on - timedelta(days=each) for each in before]
    return max((day for day in days if day <= today <= due_on), default=None)
