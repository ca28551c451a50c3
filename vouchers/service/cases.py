"""Officers take cases and give them back; colleagues and the delegated agency prepare opinions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from accounts.permissions import Role
from accounts.steps import user_id_of
from core import audit, clock
from core.db import require_transaction, transaction
from core.errors import Conflict, Reason, Refused, reason, refuse_all
from core.money import yuan_text
from core.permissions import SYSTEM, Actor, authorise
from core.states import state_refusal
from core.workdays import load_calendar
from vouchers.models import CaseOpinion, Claim, ReviewCase, ReviewSummary
from vouchers.permissions import may_confirm, may_hold_cases, may_prepare_cases
from vouchers.queries.cases import held_cases, open_case, review_policy
from vouchers.queries.claims import find_claim
from vouchers.queries.review_queue import WAITING
from vouchers.rules.reviewing import (
    CaseAction,
    CaseEnding,
    CheckItem,
    Phrase,
    Recommendation,
    composed_opinion,
)
from vouchers.states import CLAIM, ClaimState, SummaryState
from vouchers.steps.cases import CaseHeld, end_case, require_unconflicted

GRANTING = frozenset({Recommendation.APPROVE, Recommendation.CONFIRM})


class CaseNotHeld(Conflict):
    """Only whoever holds a case gives it back."""

    code = "case_not_held"
    article = "V17 order"


class OpinionRefused(Refused):
    """The opinion contradicts itself; every fault is named."""

    code = "opinion_refused"


def take(*, claim_id: int, reason: str, actor: Actor, now: datetime) -> ReviewCase:
    """Take a waiting claim into one's hands, or over from a colleague with a reason.

    Until the pack's working days are over nobody else decides it. A delegated agency takes it to prepare it (V5); the
    bureau takes over from the agency, not the agency from the bureau. Who holds it already takes it anew. Raises
    :class:`CaseHeld` and accounts' ``ConflictOfInterest``.
    """
    with transaction() as current:
        authorise(actor, may_hold_cases)
        claim = find_claim(claim_id, actor=actor, lock=True)
        if not _waits_for(claim, actor):
            raise state_refusal(claim.state, CaseAction.TAKE, transitions=CLAIM)
        require_unconflicted(claim, actor=actor, now=now)
        today = clock.today(now)
        held = held_cases([claim.id], on=today).get(claim.id)
        taken_over = held is not None and held.case.holder_id != actor.user_id
        if held is not None and taken_over and not (reason.strip() and _may_take_over(held.case, actor)):
            raise CaseHeld(
                claim=claim.id,
                holder=held.shown_to(actor),
                last_day=held.case.last_day,
                extra={"last_day": held.case.last_day.isoformat()},
            )
        end_case(claim, CaseEnding.TAKEN_OVER if taken_over else CaseEnding.RELEASED, actor=actor, now=now)
        days = review_policy(today).case_hold_working_days
        case = ReviewCase(
            claim_id=claim.id,
            office_id=actor.organisation_id,
            holder_id=user_id_of(actor),
            taken_at=now,
            last_day=load_calendar().add_working_days(today, days),
            reason=reason.strip() if taken_over else "",
        )
        current.add(case)
        current.flush()
        before = {"from": held.case.holder_id, "note": case.reason} if held is not None and taken_over else {}
        audit.record(
            actor=actor,
            now=now,
            action=CaseAction.TAKE_OVER if taken_over else CaseAction.TAKE,
            subject=case,
            data={"claim_id": claim.id, "last_day": case.last_day.isoformat(), **before},
        )
        return case


def release(*, claim_id: int, actor: Actor, now: datetime) -> ReviewCase:
    """Give a case back before deciding it; raises :class:`CaseNotHeld`."""
    with transaction():
        authorise(actor, may_hold_cases)
        claim = find_claim(claim_id, actor=actor, lock=True)
        case = open_case(claim.id)
        if case is None or case.holder_id != actor.user_id or case.last_day < clock.today(now):
            raise CaseNotHeld(claim=claim.id)
        end_case(claim, CaseEnding.RELEASED, actor=actor, now=now)
        return case


def lapse(*, claim_id: int, now: datetime) -> None:
    """End a case whose last day is over; one that was taken anew is left alone."""
    with transaction():
        claim = find_claim(claim_id, actor=SYSTEM, lock=True)
        case = open_case(claim.id)
        if case is not None and case.last_day < clock.today(now):
            end_case(claim, CaseEnding.LAPSED, actor=SYSTEM, now=now)


def give_opinion(
    *,
    claim_id: int,
    recommendation: Recommendation | None,
    amount_fen: int | None,
    checklist: Mapping[CheckItem, bool],
    phrases: Sequence[Phrase],
    opinion: str,
    actor: Actor,
    now: datetime,
) -> CaseOpinion:
    """Put an opinion about a claim on its file, for the offices alone. It decides nothing (V5).

    ``checklist`` says of each item looked at whether it is in order. Raises :class:`OpinionRefused`.
    """
    with transaction():
        authorise(actor, may_prepare_cases)
        claim = find_claim(claim_id, actor=actor, lock=True)
        written = composed_opinion(phrases, opinion)
        refuse_all(_opinion_faults(claim, recommendation, amount_fen, written), error=OpinionRefused)
        said = CaseOpinion(
            claim_id=claim.id,
            office_id=actor.organisation_id,
            author_id=user_id_of(actor),
            recommendation=recommendation,
            amount_fen=amount_fen,
            checklist={item.value: in_order for item, in_order in checklist.items()},
            opinion=written,
            at=now,
        )
        require_transaction().add(said)
        data = {"claim_id": claim.id, "recommendation": recommendation and recommendation.value}
        audit.record(actor=actor, now=now, action="add", subject=said, data=data)
        return said


def _waits_for(claim: Claim, actor: Actor) -> bool:
    """Whether the claim is at the office of the actor; the agency prepares for both."""
    at_city, at_province = claim.state in WAITING, _is_sent_up(claim)
    if actor.role == Role.DELEGATED_AGENCY:
        return at_city or at_province
    return at_province if may_confirm(actor) else at_city


def _is_sent_up(claim: Claim) -> bool:
    """Whether the province has it: until its summary is dispatched a summarised claim is the city's (V17 order)."""
    if claim.state is not ClaimState.SUMMARISED:
        return False
    summary = require_transaction().get(ReviewSummary, claim.summary_id)
    return summary is not None and summary.state is SummaryState.DISPATCHED


def _may_take_over(case: ReviewCase, actor: Actor) -> bool:
    """Colleagues from each other, and an office that decides from the agency that prepares."""
    return actor.organisation_id == case.office_id or actor.role != Role.DELEGATED_AGENCY


def _opinion_faults(
    claim: Claim, recommendation: Recommendation | None, amount_fen: int | None, written: str
) -> list[Reason]:
    faults = [] if written else [reason("review_without_opinion", article="V17 order", field="opinion")]
    if amount_fen is not None and recommendation not in GRANTING:
        faults.append(reason("amount_without_approval", article="V17 order", field="amount_fen"))
    if amount_fen is not None and not 0 < amount_fen <= claim.claimed_fen:
        faults.append(
            reason("amount_over_claim", article="V12 hold", field="amount_fen", max=yuan_text(claim.claimed_fen))
        )
    return faults
