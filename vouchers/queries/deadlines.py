"""By when claimants have to act: drafts until their last day (V17), returned claims until theirs (V17 return)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.workdays import Countdown, load_calendar
from vouchers.models import Claim


@dataclass(frozen=True, slots=True)
class Due:
    """A claim with how long its claimant still has; None where nothing is due of him."""

    claim: Claim
    due: Countdown | None


def with_due(claims: Sequence[Claim], *, today: date) -> list[Due]:
    """Claims with their countdowns, in the order given; the calendar is read once for all."""
    calendar = load_calendar()
    return [Due(claim, None if claim.due_on is None else calendar.countdown(today, claim.due_on)) for claim in claims]
