"""By when claimants have to act: drafts until their last day (V17), returned claims until theirs (V17 return). And by
when offices have to, where the pack gives them a term."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core import policy
from core.workdays import Countdown, WorkingCalendar, load_calendar
from vouchers.models import Claim
from vouchers.rules.policy import TERM

REVIEW_TERM = "reviews.city_review_working_days"
CONFIRMATION_TERM = "reviews.confirmation_working_days"
"""Terms of the offices, in working days, where the pack gives any."""


def office_term(name: str, *, since: date, on: date, calendar: WorkingCalendar | None = None) -> date | None:
    """The last day of an office's term for what came to it on ``since``, by the pack of the day ``on``."""
    edition = policy.current().nearest(on, term=TERM)
    return None if name not in edition else (calendar or load_calendar()).add_working_days(since, edition[name])


@dataclass(frozen=True, slots=True)
class Due:
    """A claim with how long its claimant still has; None where nothing is due of him."""

    claim: Claim
    due: Countdown | None


def with_due(claims: Sequence[Claim], *, today: date) -> list[Due]:
    """Claims with their countdowns, in the order given; the calendar is read once for all."""
    calendar = load_calendar()
    return [Due(claim, None if claim.due_on is None else calendar.countdown(today, claim.due_on)) for claim in claims]
