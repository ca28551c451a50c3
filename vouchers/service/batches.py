"""Deciding many claims with one confirmation: all of them, each by its own checks, or none with every ground named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from accounts.steps import user_id_of
from core import audit, clock
from core.db import require_transaction, transaction
from core.errors import DomainError, Reason, Refused, reason, refuse_all
from core.money import yuan_text
from core.permissions import Actor, authorise
from core.texts import Text, text
from vouchers.models import Claim, ReviewBatch
from vouchers.permissions import may_confirm, may_review
from vouchers.queries.cases import review_policy
from vouchers.queries.completeness import needed_materials
from vouchers.queries.flags import undecided
from vouchers.queries.invoices import unsettled
from vouchers.queries.summaries import find_summary, locked_claims, waiting_in
from vouchers.rules.claims import ConfirmationDecision, ReviewDecision
from vouchers.rules.reviewing import BatchKind, Phrase, composed_opinion
from vouchers.service.reviews import decide, settle
from vouchers.states import ClaimState

ORDER = "V17 order"


class BatchRefused(Refused):
    """These claims cannot be decided together; every ground is named, and none of them is decided."""

    code = "batch_refused"


def approve_batch(
    *, claim_ids: Sequence[int], total_fen: int, phrases: Sequence[Phrase], opinion: str, actor: Actor, now: datetime
) -> ReviewBatch:
    """Approve handed-in claims in full: complete, without undecided flags, in nobody else's hands.

    ``total_fen`` is what the confirmer saw; another sum refuses it all. Raises :class:`BatchRefused`.
    """
    with transaction():
        authorise(actor, may_review)
        wanted = sorted(set(claim_ids))
        claims = locked_claims(wanted, actor=actor)
        today = clock.today(now)
        most = review_policy(today).batch_max_claims
        faults = [_about(each, text("reason.batch_claim_missing")) for each in set(wanted) - {c.id for c in claims}]
        if len(wanted) > most:
            faults.append(reason("batch_too_large", article=ORDER, field="claim_ids", max=most))
        flagged, marked = undecided(wanted), unsettled(wanted)
        faults += [fault for claim in claims for fault in _unready(claim, is_flagged=claim.id in flagged, today=today)]
        faults += [_about(each, text("reason.batch_marked")) for each in sorted(marked)]
        faults += _total_faults(sum(claim.claimed_fen for claim in claims), total_fen)
        said = composed_opinion(phrases, opinion)
        if not said:
            faults.append(reason("review_without_opinion", article=ORDER, field="opinion"))
        refuse_all(faults, error=BatchRefused)
        batch = _open(BatchKind.CITY_REVIEW, claims, total_fen, said, actor=actor, now=now)

        def approve(claim: Claim) -> None:
            decide(
                claim,
                decision=ReviewDecision.APPROVE,
                amount_fen=None,
                opinion=said,
                defects=[],
                batch_id=batch.id,
                actor=actor,
                now=now,
            )

        refuse_all(_each(claims, approve), error=BatchRefused)
        return batch


def confirm_summary(
    *, summary_id: int, total_fen: int, phrases: Sequence[Phrase], opinion: str, actor: Actor, now: datetime
) -> ReviewBatch:
    """Confirm every claim of a dispatched summary that still waits; ``total_fen`` is what the confirmer saw.

    Raises :class:`BatchRefused`.
    """
    with transaction():
        authorise(actor, may_confirm)
        summary = find_summary(summary_id, actor=actor, lock=True)
        claims = locked_claims(waiting_in(summary.id), actor=actor)
        faults = [] if claims else [reason("batch_nothing_waits", article=ORDER)]
        faults += _total_faults(sum(claim.approved_fen or 0 for claim in claims), total_fen)
        refuse_all(faults, error=BatchRefused)
        said = composed_opinion(phrases, opinion)
        batch = _open(BatchKind.CONFIRMATION, claims, total_fen, said, summary_id=summary.id, actor=actor, now=now)

        def confirm(claim: Claim) -> None:
            decision = ConfirmationDecision.CONFIRM
            settle(claim, decision=decision, opinion=said, batch_id=batch.id, actor=actor, now=now)

        refuse_all(_each(claims, confirm), error=BatchRefused)
        return batch


def _open(
    kind: BatchKind,
    claims: Sequence[Claim],
    total_fen: int,
    opinion: str,
    *,
    summary_id: int | None = None,
    actor: Actor,
    now: datetime,
) -> ReviewBatch:
    batch = ReviewBatch(
        kind=kind,
        office_id=actor.organisation_id,
        summary_id=summary_id,
        claim_ids=[claim.id for claim in claims],
        total_fen=total_fen,
        opinion=opinion,
        decided_by=user_id_of(actor),
        decided_at=now,
    )
    require_transaction().add(batch)
    data = {"claim_ids": batch.claim_ids, "total_fen": total_fen}
    audit.record(actor=actor, now=now, action="decide", subject=batch, data=data)
    return batch


def _each(claims: Sequence[Claim], act: Callable[[Claim], None]) -> list[Reason]:
    """Do it to each claim; what refuses one is collected, as the caller refuses them all then."""
    faults: list[Reason] = []
    for claim in claims:
        try:
            act(claim)
        except DomainError as refused:
            faults += [_about(claim.id, each.text, like=each) for each in refused.reasons] or [
                _about(claim.id, refused.text)
            ]
    return faults


def _unready(claim: Claim, *, is_flagged: bool, today: date) -> list[Reason]:
    """What keeps a claim out of a batch that its single review might mend or argue about."""
    faults = []
    if claim.state is not ClaimState.SUBMITTED:
        faults.append(_about(claim.id, text("reason.batch_not_submitted")))
    if is_flagged:
        faults.append(_about(claim.id, text("reason.batch_flagged")))
    if any(each.missing is not None for each in needed_materials(claim, today=today)):
        faults.append(_about(claim.id, text("reason.batch_incomplete")))
    return faults


def _total_faults(total_fen: int, confirmed_fen: int) -> list[Reason]:
    if total_fen == confirmed_fen:
        return []
    return [reason("batch_total_differs", article=ORDER, field="total_fen", total=yuan_text(total_fen))]


def _about(claim_id: int, why: Text, *, like: Reason | None = None) -> Reason:
    """A ground with the claim it is about."""
    said = text("reason.batch_claim", claim=claim_id, why=why)
    return Reason(
        "batch_claim" if like is None else like.code, ORDER if like is None else like.article, said, "claim_ids"
    )
