"""By when claimants have to act: drafts until their last day (V17), returned claims until theirs (V17 return)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import and_, or_, select

from core.db import session
from core.workdays import Countdown, load_calendar
from vouchers.models import Claim
from vouchers.states import ClaimState


@dataclass(frozen=True, slots=True)
class Due:
    """A claim with how long its claimant still has; None where nothing is due of him."""

    claim: Claim
    due: Countdown | None


@dataclass(frozen=True, slots=True)
class Deadline:
    """A claim whose claimant has to act by a day that is near."""

    claim_id: int
    order_id: int
    state: ClaimState
    due: Countdown


def with_due(claims: Sequence[Claim], *, today: date) -> list[Due]:
    """Claims with their countdowns, in the order given; the calendar is read once for all."""
    calendar = load_calendar()
    return [Due(claim, None if claim.due_on is None else calendar.countdown(today, claim.due_on)) for claim in claims]


def upcoming(on: date, *, within_days: int) -> dict[int, list[Deadline]]:
    """What must be handed in from a day on within so many days, by claimant, the earliest first; in two queries."""
    last = on + timedelta(days=within_days)
    found = session().scalars(
        select(Claim).where(
            or_(
                and_(Claim.state == ClaimState.DRAFT, Claim.last_day.between(on, last)),
                and_(Claim.state == ClaimState.RETURNED, Claim.correct_by.between(on, last)),
            )
        )
    )
    by_claimant: dict[int, list[Deadline]] = {}
    for each in sorted(with_due(found.all(), today=on), key=_soonest):
        if each.due is not None:
            deadline = Deadline(each.claim.id, each.claim.order_id, each.claim.state, each.due)
            by_claimant.setdefault(each.claim.claimant_id, []).append(deadline)
    return by_claimant


def _soonest(each: Due) -> tuple[date, int]:
    return (date.max if each.due is None else each.due.last_day, each.claim.id)
