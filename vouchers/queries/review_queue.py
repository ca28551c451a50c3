"""What a bureau has to review: submitted claims and those the province sent back, how long they wait and till when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, DateTime, Select, case, exists, func, select

from core import clock
from core.db import session
from core.errors import Reason
from core.kinds import ServiceKind
from core.permissions import Actor
from core.workdays import load_calendar
from vouchers.models import Claim, ClaimFlag, ClaimReview
from vouchers.permissions import may_review
from vouchers.queries.cases import Held, held_cases, is_held, is_held_by, review_policy
from vouchers.queries.claims import visible_claims
from vouchers.queries.conflicts import conflicts
from vouchers.queries.flags import undecided
from vouchers.queries.invoices import unsettled
from vouchers.rules.claims import ConfirmationDecision
from vouchers.rules.facts import PaymentMode
from vouchers.rules.reviewing import overdue_since
from vouchers.states import ClaimState, FlagState

WAITING = (ClaimState.SUBMITTED, ClaimState.SENT_BACK)


class Holding(StrEnum):
    """In whose hands a case is."""

    MINE = "mine"
    OTHERS = "others"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A claim that waits: since when, for how many working days, till when, and what stands in the way.

    The measure sets the review no term; the pack does, and how long it takes counts in the evaluation (V20).
    """

    claim: Claim
    since: date
    age_days: int
    due_on: date
    overdue: bool
    is_resubmission: bool
    undecided_flags: int
    held: Held | None
    conflicts: Sequence[Reason]
    batchable: bool
    """Whether its reader may approve it together with others: handed in, and nothing in the way."""


def waiting_since() -> ColumnElement[DateTime]:
    """The instant since which a claim waits: its last submission, or when the province sent it back."""
    sent_back = (
        select(func.max(ClaimReview.at))
        .where(ClaimReview.claim_id == Claim.id, ClaimReview.decision == ConfirmationDecision.SEND_BACK)
        .scalar_subquery()
    )
    return case(
        (Claim.state == ClaimState.SENT_BACK, func.coalesce(sent_back, Claim.submitted_at)), else_=Claim.submitted_at
    )


def review_queue(actor: Actor) -> Select[tuple[Claim]]:
    """The claims in sight that wait for a review, the one handed in first before the others."""
    return visible_claims(actor).where(Claim.state.in_(WAITING)).order_by(Claim.submitted_at, Claim.id)


def narrowed_queue(
    actor: Actor,
    *,
    today: date,
    service_kind: ServiceKind | None = None,
    payment_mode: PaymentMode | None = None,
    min_fen: int | None = None,
    max_fen: int | None = None,
    flagged: bool | None = None,
    held: Holding | None = None,
    overdue: bool | None = None,
) -> Select[tuple[Claim]]:
    """The queue by kind, mode, sum, flags, holder and term."""
    found = review_queue(actor)
    if service_kind is not None:
        found = found.where(Claim.service_kind == service_kind)
    if payment_mode is not None:
        found = found.where(Claim.payment_mode == payment_mode)
    if min_fen is not None:
        found = found.where(Claim.claimed_fen >= min_fen)
    if max_fen is not None:
        found = found.where(Claim.claimed_fen <= max_fen)
    if flagged is not None:
        found = found.where(has_undecided_flags() if flagged else ~has_undecided_flags())
    if held is not None:
        found = found.where(held_as(held, user_id=actor.user_id, on=today))
    if overdue is not None:
        found = found.where(is_overdue(today) if overdue else ~is_overdue(today))
    return found


def has_undecided_flags() -> ColumnElement[bool]:
    """Whether a flag of a claim waits for a finding."""
    return exists().where(ClaimFlag.claim_id == Claim.id, ClaimFlag.state == FlagState.RAISED)


def held_as(holding: Holding, *, user_id: int | None, on: date) -> ColumnElement[bool]:
    """Whether a claim is in such hands on a day, seen by a user."""
    match holding:
        case Holding.MINE:
            return is_held_by(user_id, on=on)
        case Holding.OTHERS:
            return is_held(on) & ~is_held_by(user_id, on=on)
        case Holding.NOBODY:
            return ~is_held(on)


def is_overdue(today: date) -> ColumnElement[bool]:
    """Whether the term of a waiting claim is over. The term in force today counts for every claim."""
    days = review_policy(today).city_review_working_days
    latest = overdue_since(today, working_days=days, calendar=load_calendar())
    return waiting_since() < clock.end_of_day(latest)


def queue_rows(claims: Sequence[Claim], *, actor: Actor, today: date) -> list[QueueRow]:
    """Claims of the queue with what their reader must know, in the order given; everything is read once for all."""
    calendar = load_calendar()
    days = review_policy(today).city_review_working_days
    numbers = [claim.id for claim in claims]
    started = first_days(claims)
    flags = undecided(numbers)
    marked = unsettled(numbers)
    held = held_cases(numbers, on=today)
    against = {} if actor.user_id is None else conflicts(actor.user_id, claims, on=today)
    rows = []
    for claim in claims:
        since = started[claim.id]
        due_on = calendar.add_working_days(since, days)
        holder = held.get(claim.id)
        rows.append(
            QueueRow(
                claim=claim,
                since=since,
                age_days=calendar.working_days_between(since, today),
                due_on=due_on,
                overdue=due_on < today,
                is_resubmission=claim.submitted_at != claim.first_submitted_at,
                undecided_flags=flags.get(claim.id, 0),
                held=holder,
                conflicts=against.get(claim.id, ()),
                batchable=may_review(actor)
                and claim.state is ClaimState.SUBMITTED
                and claim.id not in flags
                and claim.id not in marked
                and claim.id not in against
                and (holder is None or holder.case.holder_id == actor.user_id),
            )
        )
    return rows


def first_days(claims: Sequence[Claim]) -> dict[int, date]:
    """The first day of the wait of each claim."""
    sent_back = [claim.id for claim in claims if claim.state is ClaimState.SENT_BACK]
    found = select(ClaimReview.claim_id, func.max(ClaimReview.at)).where(
        ClaimReview.claim_id.in_(sent_back), ClaimReview.decision == ConfirmationDecision.SEND_BACK
    )
    returned = dict(session().execute(found.group_by(ClaimReview.claim_id)).tuples().all()) if sent_back else {}
    return {claim.id: clock.today(returned.get(claim.id) or claim.submitted_at or claim.opened_at) for claim in claims}
