"""What the city bureau and the province decide about a claim (V17 order)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from accounts.models import BankAccount
from accounts.queries import verified_account
from core import clock, policy
from core.db import require_transaction, transaction
from core.errors import Conflict, Forbidden, Reason, Refused, reason, refuse_all
from core.permissions import Actor, authorise
from core.states import apply
from core.workdays import load_calendar
from settlement.queries.payables import payables_of_order
from settlement.states import PayableState
from settlement.steps import cancel_payable, consume_hold, create_payable
from settlement.steps.clawbacks import claw_back_paid
from vouchers.models import Claim, ClaimReview, ReviewSummary
from vouchers.permissions import may_confirm, may_review
from vouchers.queries.claims import find_claim
from vouchers.queries.completeness import is_enterprises, policy_of
from vouchers.rules.claims import ConfirmationDecision, ReviewDecision, missing_ticks, review_faults
from vouchers.rules.policy import judging
from vouchers.rules.reviewing import CaseEnding, Phrase, composed_opinion
from vouchers.rules.steps import StepKind
from vouchers.rules.validity import correction_window
from vouchers.service.claims import standing_now
from vouchers.states import CLAIM, ClaimAction, SummaryState
from vouchers.steps.aids import approve_aids, confirm_aids, note_aids_back, unapprove_aids
from vouchers.steps.base import settle_marks
from vouchers.steps.cases import end_case, require_free, require_unconflicted
from vouchers.steps.credits import credit_stands_against
from vouchers.steps.endings import owe_refused_part, reject_claim, revoke_claim
from vouchers.steps.flags import undecided_flags, upheld_without_consequence
from vouchers.steps.guards import require_action
from vouchers.steps.reasoning import note_approval, note_back, note_claim_step

STOP = "V19"
ORDER = "V17 order"

ACTIONS = {
    ReviewDecision.APPROVE: ClaimAction.APPROVE,
    ReviewDecision.RETURN: ClaimAction.RETURN,
    ReviewDecision.REJECT: ClaimAction.REJECT,
}


class SamePerson(Forbidden):
    """Whoever submitted, reviewed or confirmed a claim does none of the other two (invariant 10)."""

    code = "same_person"


class ReviewRefused(Refused):
    """The review contradicts itself; every fault is named."""

    code = "claim_review_refused"


class ConfirmationRefused(Refused):
    """The claim cannot be confirmed like this; every ground is named."""

    code = "confirmation_refused"


class SummaryNotDispatched(Conflict):
    """The city has not sent up the stamped summary of this claim (V18)."""

    code = "summary_not_dispatched"
    article = "V18"


def review(
    *,
    claim_id: int,
    decision: ReviewDecision,
    amount_fen: int | None,
    opinion: str,
    defects: Sequence[str],
    findings: Mapping[str, bool] | None = None,
    despite_flags: str = "",
    phrases: Sequence[Phrase] = (),
    actor: Actor,
    now: datetime,
) -> Claim:
    """The city's review: approve all or part, return with all defects, or reject for good.

    A partial approval's rest, and all of a rejected sum, is the user's debt in direct deduction (V16(1)); a partial
    one becomes so at confirmation. ``findings`` are the ticks of V8(3); an approval that says nothing of them says that
    what was declared holds. An approval needs a finding about each flag, and ``despite_flags`` where one was upheld and
    nothing is cut. Standard ``phrases`` stand before the opinion. Raises :class:`ReviewRefused`, :class:`SamePerson`,
    accounts' ``ConflictOfInterest`` and :class:`~vouchers.steps.cases.CaseHeld`.
    """
    with transaction():
        claim = find_claim(claim_id, actor=actor, lock=True)
        authorise(actor, may_review, claim)
        decide(
            claim,
            decision=decision,
            amount_fen=amount_fen,
            opinion=composed_opinion(phrases, opinion),
            defects=defects,
            findings=findings,
            despite_flags=despite_flags,
            actor=actor,
            now=now,
        )
        return claim


def decide(
    claim: Claim,
    *,
    decision: ReviewDecision,
    amount_fen: int | None,
    opinion: str,
    defects: Sequence[str],
    findings: Mapping[str, bool] | None = None,
    despite_flags: str = "",
    batch_id: int | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Review a locked claim of an actor who may; see :func:`review`."""
    require_action(claim, ACTIONS[decision])
    require_decider(claim, claim.submitted_by, claim.confirmed_by, actor=actor, now=now)
    if decision is ReviewDecision.APPROVE:
        settle_marks(claim, actor=actor, now=now)
    approved_fen = claim.claimed_fen if amount_fen is None else amount_fen
    approves = decision is ReviewDecision.APPROVE
    ticks = _ticks(claim, claim.declarations if findings is None else findings) if approves else {}
    refuse_all(
        [
            *review_faults(
                decision=decision,
                amount_fen=amount_fen,
                opinion=opinion,
                defects=defects,
                claimed_fen=claim.claimed_fen,
            ),
            *(_approval_faults(claim, approved_fen, ticks, despite_flags, today=clock.today(now)) if approves else ()),
        ],
        error=ReviewRefused,
    )
    claim.reviewed_by = actor.user_id
    match decision:
        case ReviewDecision.APPROVE:
            note_approval(claim, approved_fen=approved_fen, opinion=opinion, now=now)
            _approve(claim, approved_fen, opinion, actor=actor, now=now)
        case ReviewDecision.RETURN:
            note_back(StepKind.RETURN, claim, opinion=opinion, defects=defects, now=now)
            _return(claim, opinion, actor=actor, now=now)
        case ReviewDecision.REJECT:
            reject_claim(claim, actor=actor, now=now, note=opinion)
    end_case(claim, CaseEnding.DECIDED, actor=actor, now=now)
    require_transaction().add(
        ClaimReview(
            claim_id=claim.id,
            decision=decision.value,
            amount_fen=approved_fen if approves else None,
            opinion=opinion,
            defects=list(defects),
            findings=ticks,
            despite_flags=despite_flags,
            reviewer_id=actor.user_id,
            batch_id=batch_id,
            at=now,
        )
    )


def confirm(
    *,
    claim_id: int,
    decision: ConfirmationDecision,
    opinion: str,
    phrases: Sequence[Phrase] = (),
    actor: Actor,
    now: datetime,
) -> Claim:
    """The province's confirmation: what the city approved is owed to the payee from now on; or send it back.

    Confirming uses up the hold, creates the payable and, in direct deduction, makes the part that was deducted and
    not approved the user's debt. V8(2) is judged once more. Raises :class:`SummaryNotDispatched`,
    :class:`ConfirmationRefused`, :class:`SamePerson`, accounts' ``ConflictOfInterest`` and
    :class:`~vouchers.steps.cases.CaseHeld`.
    """
    with transaction():
        claim = find_claim(claim_id, actor=actor, lock=True)
        authorise(actor, may_confirm, claim)
        settle(claim, decision=decision, opinion=composed_opinion(phrases, opinion), actor=actor, now=now)
        return claim


def settle(
    claim: Claim,
    *,
    decision: ConfirmationDecision,
    opinion: str,
    batch_id: int | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Confirm or send back a locked claim of an actor who may; see :func:`confirm`."""
    require_decider(claim, claim.submitted_by, claim.reviewed_by, actor=actor, now=now)
    if decision is ConfirmationDecision.CONFIRM:
        _confirm(claim, opinion, actor=actor, now=now)
    else:
        _send_back(claim, opinion, actor=actor, now=now)
    end_case(claim, CaseEnding.DECIDED, actor=actor, now=now)
    require_transaction().add(
        ClaimReview(
            claim_id=claim.id,
            decision=decision.value,
            amount_fen=claim.confirmed_fen,
            opinion=opinion,
            defects=[],
            reviewer_id=actor.user_id,
            batch_id=batch_id,
            at=now,
        )
    )


def revoke(*, claim_id: int, opinion: str, actor: Actor, now: datetime) -> Claim:
    """Stop the payment of a confirmed claim (V19): what is not paid yet never will be (invariant 6).

    What is paid, by the province and by cities, and not claimed back yet is claimed back at once (V21). The cap's use
    stays (V12 hold). Raises settlement's ``PayableInBatch`` until the batch that holds it is discarded or the bank has
    answered, and ``PayableMoving``.
    """
    with transaction() as current:
        claim = find_claim(claim_id, actor=actor, lock=True)
        authorise(actor, may_confirm, claim)
        require_action(claim, ClaimAction.REVOKE)
        payables = payables_of_order(claim.order_id)
        paid = [each for each in payables if each.state is PayableState.PAID]
        claw_back_paid(paid, cause=opinion, occasion=claim.source, actor=actor, now=now)
        for payable in payables:
            if payable not in paid:
                cancel_payable(source=payable.source, article=STOP, actor=actor, now=now)
        revoke_claim(source=claim.source, actor=actor, now=now, note=opinion)
        current.flush()
        return claim


def require_decider(claim: Claim, *others: int | None, actor: Actor, now: datetime) -> None:
    """Somebody who did none of the other steps, entered nothing, is tied to nobody, and has the case if one has it."""
    if actor.user_id in others:
        raise SamePerson(reasons=[reason("same_person", article=ORDER)])
    require_unconflicted(claim, actor=actor, now=now)
    require_free(claim, actor=actor, now=now)


def _ticks(claim: Claim, stated: Mapping[str, bool]) -> dict[str, bool]:
    """What is ticked of what the measure asks an enterprise to declare (V8(3)); of teams it asks nothing."""
    asked = policy_of(claim).required_declarations if is_enterprises(claim) else ()
    return {name: ticked for name, ticked in stated.items() if name in asked}


def _approval_faults(
    claim: Claim, approved_fen: int, ticks: Mapping[str, bool], despite_flags: str, *, today: date
) -> list[Reason]:
    """What an approval waits for: the ticks of V8(3), a finding about each flag, a consequence of the upheld ones."""
    return [
        *missing_ticks(ticks, is_enterprise=is_enterprises(claim), policy=policy_of(claim)),
        *undecided_flags(claim, today=today),
        *credit_stands_against(claim, granted_fen=approved_fen),
        *upheld_without_consequence(claim, approved_fen=approved_fen, despite_flags=despite_flags),
    ]


def _approve(claim: Claim, approved_fen: int, opinion: str, *, actor: Actor, now: datetime) -> None:
    claim.approved_fen = approved_fen
    approve_aids(claim, actor=actor, now=now)
    apply(
        claim,
        ClaimAction.APPROVE,
        transitions=CLAIM,
        actor=actor,
        now=now,
        note=opinion,
        data={"approved_fen": approved_fen},
    )


def _return(claim: Claim, opinion: str, *, actor: Actor, now: datetime) -> None:
    """Back to the claimant, who keeps the first date and has until ``correct_by`` (V17 return)."""
    judged_by = judging(policy.current(), claim.decision.judged_on).policy
    window = correction_window(clock.today(now), policy=judged_by, working_days=load_calendar())
    note_aids_back(claim, StepKind.RETURN, now=now)
    unapprove_aids(claim)
    claim.correct_by, claim.approved_fen = window.last_day, None
    apply(claim, ClaimAction.RETURN, transitions=CLAIM, actor=actor, now=now, note=opinion)


def _confirm(claim: Claim, opinion: str, *, actor: Actor, now: datetime) -> None:
    require_action(claim, ClaimAction.CONFIRM)
    _require_dispatched(claim)
    amount_fen = claim.approved_fen or 0
    account = verified_account(claim.payee_id)
    refuse_all(_confirmation_faults(claim, account, now=now), error=ConfirmationRefused)
    note_claim_step(StepKind.CONFIRMATION, claim, after_fen=amount_fen, opinion=opinion, now=now)
    claim.confirmed_fen, claim.confirmed_by, claim.confirmed_at = amount_fen, actor.user_id, now
    data = {"confirmed_fen": amount_fen}
    apply(claim, ClaimAction.CONFIRM, transitions=CLAIM, actor=actor, now=now, note=opinion, data=data)
    consume_hold(order_id=claim.order_id, amount_fen=amount_fen, actor=actor, now=now)
    if amount_fen > 0 and account is not None:
        create_payable(
            source=claim.source,
            order_id=claim.order_id,
            payee_id=claim.payee_id,
            account=account,
            amount_fen=amount_fen,
            involved_user_ids=[u for u in (claim.submitted_by, claim.reviewed_by) if u is not None],
            actor=actor,
            now=now,
        )
    aid_fen = confirm_aids(claim, account=account, actor=actor, now=now)
    owe_refused_part(claim, granted_fen=amount_fen + aid_fen, actor=actor, now=now)


def _confirmation_faults(claim: Claim, account: BankAccount | None, *, now: datetime) -> list[Reason]:
    today = clock.today(now)
    faults = [*standing_now(claim, today=today), *undecided_flags(claim, today=today)]
    faults += credit_stands_against(claim, granted_fen=claim.approved_fen)
    if account is None:
        faults.append(reason("payee_without_account", article="V16 team"))
    return faults


def _require_dispatched(claim: Claim) -> None:
    summary = require_transaction().get(ReviewSummary, claim.summary_id)
    if summary is None or summary.state is not SummaryState.DISPATCHED:
        raise SummaryNotDispatched(claim=claim.id)


def _send_back(claim: Claim, opinion: str, *, actor: Actor, now: datetime) -> None:
    require_action(claim, ClaimAction.SEND_BACK)
    _require_dispatched(claim)
    if not opinion.strip():
        raise ReviewRefused(reasons=[reason("review_without_opinion", article=ORDER, field="opinion")])
    note_back(StepKind.SEND_BACK, claim, opinion=opinion, defects=[], now=now)
    note_aids_back(claim, StepKind.SEND_BACK, now=now)
    unapprove_aids(claim)
    claim.summary_id, claim.approved_fen = None, None
    apply(claim, ClaimAction.SEND_BACK, transitions=CLAIM, actor=actor, now=now, note=opinion)
