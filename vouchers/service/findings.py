"""What follows from a finding: the party's answer, the province's decision, money that must come back (V19, V21)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from accounts.queries import acts_for
from core import clock
from core.db import transaction
from core.errors import Conflict, Forbidden, Refused, reason
from core.files import store_file
from core.permissions import Actor, authorise
from core.states import allowed_target, apply
from settlement.models import Clawback, Payable
from settlement.queries.payables import payables_of_order
from settlement.steps.clawbacks import lock_paid, open_clawback
from vouchers.models import Finding
from vouchers.permissions import may_answer_findings, may_decide_findings, may_stop_and_claw_back
from vouchers.queries.inspections import find_finding
from vouchers.rules.supervision import MISCONDUCT, SPOT_CHECK
from vouchers.service.claims import Upload
from vouchers.states import FINDING, FindingAction, FindingState


class FindingDecision(StrEnum):
    """What the province may say of a finding."""

    UPHOLD = "uphold"
    DISMISS = "dismiss"


ACTIONS = {FindingDecision.UPHOLD: FindingAction.UPHOLD, FindingDecision.DISMISS: FindingAction.DISMISS}


class AnswerLate(Conflict):
    """The last day to answer is over."""

    code = "answer_late"
    article = "V19"


class AnswerAwaited(Conflict):
    """The party may still answer; it is decided after that."""

    code = "answer_awaited"
    article = "V19"


class InspectorDecides(Forbidden):
    """Who inspected does not decide on what was found."""

    code = "inspector_decides"


class FindingNotUpheld(Conflict):
    """The province has not upheld this finding."""

    code = "finding_not_upheld"
    article = "V19"


class PayoutUnclear(Refused):
    """Say which payment of the order is meant."""

    code = "payout_unclear"


def answer(*, finding_id: int, text: str, upload: Upload | None, actor: Actor, now: datetime) -> Finding:
    """The party says what it has to say, perhaps with a file, until the last day of its term.

    Raises :class:`AnswerLate` and :class:`core.states.StateForbids`.
    """
    with transaction() as current:
        finding = find_finding(finding_id, actor=actor, lock=True)
        authorise(actor, may_answer_findings)
        allowed_target(finding.state, FindingAction.ANSWER, transitions=FINDING)
        if is_over(finding.answer_by, now=now):
            raise AnswerLate(day=finding.answer_by)
        if upload is not None:
            stored = store_file(upload.stream, filename=upload.filename, owner_id=actor.organisation_id, now=now)
            current.flush()
            finding.answer_file_id = stored.id
        finding.answer, finding.answered_by, finding.answered_at = text, actor.user_id, now
        data = {"inspection_id": finding.inspection_id, "organisation_id": finding.organisation_id}
        apply(finding, FindingAction.ANSWER, transitions=FINDING, actor=actor, now=now, data=data)
        return finding


def decide(*, finding_id: int, decision: FindingDecision, opinion: str, actor: Actor, now: datetime) -> Finding:
    """The province upholds or dismisses a finding, after the answer or after its term, by nobody who inspected.

    Raises :class:`AnswerAwaited` and :class:`InspectorDecides`.
    """
    with transaction():
        finding = find_finding(finding_id, actor=actor, lock=True)
        authorise(actor, may_decide_findings)
        allowed_target(finding.state, ACTIONS[decision], transitions=FINDING)
        if actor.user_id in finding.inspection.inspector_ids:
            raise InspectorDecides(reasons=[reason("inspector_decides", article=SPOT_CHECK)])
        if finding.state is FindingState.NOTIFIED and not is_over(finding.answer_by, now=now):
            raise AnswerAwaited(day=finding.answer_by)
        finding.opinion, finding.decided_by, finding.decided_at = opinion, actor.user_id, now
        data = {"inspection_id": finding.inspection_id, "organisation_id": finding.organisation_id}
        apply(finding, ACTIONS[decision], transitions=FINDING, actor=actor, now=now, note=opinion, data=data)
        return finding


def claw_back(
    *, finding_id: int, payable_id: int | None, amount_fen: int, cause: str, actor: Actor, now: datetime
) -> Clawback:
    """Claim back what was paid for the inspected claim, for an upheld finding.

    Without a payable, the one of the order that was paid. Raises :class:`FindingNotUpheld`, :class:`PayoutUnclear`,
    and settlement's ``ClawbackTooLarge`` and ``PayableMoving``.
    """
    with transaction():
        finding = find_finding(finding_id, actor=actor, lock=True)
        authorise(actor, may_stop_and_claw_back)
        require_upheld(finding)
        payable = lock_paid(_payout(finding, payable_id), actor=actor)
        return open_clawback(
            payable,
            amount_fen=amount_fen,
            cause=cause,
            misconduct_by=None,
            sanction_until=None,
            occasion=finding.source,
            actor=actor,
            now=now,
        )


def require_upheld(finding: Finding) -> None:
    """Raise :class:`FindingNotUpheld` unless the province upheld the finding."""
    if finding.state is not FindingState.UPHELD:
        raise FindingNotUpheld(finding=finding.id)


def is_over(last_day: date | None, *, now: datetime) -> bool:
    """Whether a last day is over in Shanghai."""
    return last_day is not None and clock.today(now) > last_day


def may_answer(finding: Finding, *, actor: Actor, now: datetime) -> bool:
    """Whether an actor may answer a finding today."""
    return (
        finding.state is FindingState.NOTIFIED
        and finding.organisation_id in acts_for(actor)
        and not is_over(finding.answer_by, now=now)
    )


def _payout(finding: Finding, payable_id: int | None) -> Payable:
    """The payment of the inspected order that is meant."""
    paid = [each for each in payables_of_order(finding.inspection.claim.order_id) if each.paid_fen > 0]
    meant = [each for each in paid if payable_id in (None, each.id)]
    if len(meant) != 1:
        raise PayoutUnclear(reasons=[reason("payout_unclear", article=MISCONDUCT, field="payable_id", count=len(paid))])
    return meant[0]
