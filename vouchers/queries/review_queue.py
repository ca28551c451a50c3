"""What a bureau has to review: submitted claims and those the province sent back, and how long they wait (V20)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select

from core import clock
from core.permissions import Actor
from core.workdays import load_calendar
from vouchers.models import Claim
from vouchers.queries.claims import visible_claims
from vouchers.states import ClaimState

WAITING = (ClaimState.SUBMITTED, ClaimState.SENT_BACK)


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A claim that waits: since when, for how many working days, and whether it was handed in before.

    The measure sets the review no term; how long it takes counts in the evaluation (V20).
    """

    claim: Claim
    since: date
    age_days: int
    is_resubmission: bool


def review_queue(actor: Actor) -> Select[tuple[Claim]]:
    """The claims in sight that wait for a review, the one handed in first before the others."""
    return visible_claims(actor).where(Claim.state.in_(WAITING)).order_by(Claim.submitted_at, Claim.id)


def queue_rows(claims: Sequence[Claim], *, today: date) -> list[QueueRow]:
    """Claims of the queue with their age, in the order given; the calendar is read once for all."""
    calendar = load_calendar()
    rows = []
    for claim in claims:
        since = clock.today(claim.submitted_at or claim.opened_at)
        age_days = calendar.working_days_between(since, today)
        rows.append(QueueRow(claim, since, age_days, claim.submitted_at != claim.first_submitted_at))
    return rows
