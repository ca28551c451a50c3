"""A credit invoice entered by mistake is annulled: what it did to a claim is undone, where that is still possible."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from accounts.permissions import province
from core import audit
from core.db import require_transaction
from core.errors import Conflict, Forbidden, reason, refuse_all
from core.money import yuan_text
from core.permissions import Actor
from settlement.models import Clawback, Payable, PaymentStop
from settlement.states import StopState
from settlement.steps.stops import lift_stop
from vouchers.models import Claim, CreditInvoice, Invoice
from vouchers.queries.claims import claim_of_source
from vouchers.rules.invoices.credits import ANNULLED, RESTORED, CreditEffect, CreditUndone, annulment_faults
from vouchers.states import OPEN_FOR_MATERIALS, ClaimState
from vouchers.steps.base import base_of, settle_sum
from vouchers.steps.credits import ARTICLE, OCCASION, effect_on, lock_concerned, locked_payables
from vouchers.steps.invoices import credited

BACK = "V21"
STOP = "V19"
_REVIEWED = (ClaimState.SUBMITTED, ClaimState.SENT_BACK)


class CreditSettled(Conflict):
    """Something was approved, confirmed or claimed back on it since; each ground says what to do instead."""

    code = "credit_settled"


class ProvinceAnnuls(Forbidden):
    """What stops or takes back money that is confirmed is the province's to undo."""

    code = "province_annuls"


def undo_credit(credit: CreditInvoice, *, actor: Actor, now: datetime) -> CreditUndone:
    """Take the effect of a locked credit invoice in force back, before its own state changes.

    Raises :class:`CreditSettled` and :class:`ProvinceAnnuls`.
    """
    lost = None if credit.claim_id is None else _locked(credit.claim_id)
    resting = lock_concerned(credit.original_number, credit.number)
    if resting is not None and resting.invoice is not None:
        undone = _relieve(credit, resting, resting.invoice, actor=actor, now=now)
    elif credit.effect is CreditEffect.DROPPED and lost is not None:
        undone = _bring_back(credit, lost)
    else:
        undone = CreditUndone.FREED
    concerned = resting or lost
    if concerned is not None:
        _tell(credit, concerned, undone, actor=actor, now=now)
    return undone


def _relieve(credit: CreditInvoice, claim: Claim, invoice: Invoice, *, actor: Actor, now: datetime) -> CreditUndone:
    """The invoice that a locked claim rests on supports more again."""
    payables = locked_payables(claim)
    if claim.state is ClaimState.CONFIRMED and not province(actor):
        raise ProvinceAnnuls(reasons=[reason("province_annuls", article=STOP)])
    invoice.credited_fen = credited(credit.original_number) - credit.amount_incl_tax_fen
    if claim.state is ClaimState.REVOKED:
        return CreditUndone.FREED
    faults = annulment_faults(claim.state, settled_fen=claim.base_fen, base_fen=base_of(claim))
    if _clawed_back(credit, payables):
        faults.append(reason("credit_clawed_back", article=BACK))
    refuse_all(faults, error=CreditSettled)
    if claim.state in _REVIEWED and invoice.counted_fen > 0:
        before_fen = claim.claimed_fen
        settle_sum(claim, actor=actor, now=now)
        return CreditUndone.RAISED if claim.claimed_fen > before_fen else CreditUndone.CLEARED
    if claim.state is ClaimState.CONFIRMED and effect_on(claim, invoice, payables) is CreditEffect.LOWERED:
        return _resume(credit, payables, actor=actor, now=now)
    return CreditUndone.CLEARED


def _resume(credit: CreditInvoice, payables: list[Payable], *, actor: Actor, now: datetime) -> CreditUndone:
    """Nothing is granted beyond the invoice any more: stops that credit invoices caused are over."""
    numbers = [payable.id for payable in payables]
    found = select(PaymentStop).where(PaymentStop.payable_id.in_(numbers), PaymentStop.state == StopState.STANDING)
    stops = [
        each
        for each in require_transaction().scalars(found.order_by(PaymentStop.id).with_for_update())
        if (each.occasion or "").startswith(OCCASION)
    ]
    for stop in stops:
        payable = next(each for each in payables if each.id == stop.payable_id)
        lift_stop(stop, payable, note=credit.number, actor=actor, now=now)
    return CreditUndone.RESUMED if stops else CreditUndone.CLEARED


def _bring_back(credit: CreditInvoice, claim: Claim) -> CreditUndone:
    """A locked claim has the invoice again that it lost, unless it has another, has ended, or too little is left."""
    lost = next(each for each in reversed(claim.invoices) if each.number == credit.original_number)
    left_fen = credited(credit.original_number) - credit.amount_incl_tax_fen
    if claim.state not in OPEN_FOR_MATERIALS or claim.invoice is not None or _file_is_taken(lost):
        return CreditUndone.FREED
    lost.credited_fen = left_fen
    if lost.counted_fen == 0:
        return CreditUndone.FREED
    lost.live = lost.material.live = True
    return CreditUndone.BROUGHT_BACK


def _file_is_taken(invoice: Invoice) -> bool:
    same = select(Invoice.id).where(Invoice.source_sha256 == invoice.source_sha256, Invoice.live)
    return require_transaction().scalar(same) is not None


def _clawed_back(credit: CreditInvoice, payables: list[Payable]) -> bool:
    since = credit.decided_at or credit.registered_at
    found = select(Clawback.id).where(
        Clawback.payable_id.in_([each.id for each in payables]), Clawback.opened_at >= since
    )
    return require_transaction().scalars(found).first() is not None


def _locked(claim_id: int) -> Claim:
    return claim_of_source(f"claim:{claim_id}")


def _tell(credit: CreditInvoice, claim: Claim, undone: CreditUndone, *, actor: Actor, now: datetime) -> None:
    sums = {
        "credit": credit.number,
        "number": credit.original_number,
        "amount": yuan_text(credit.amount_incl_tax_fen),
    }
    because = reason(f"credit_undone_{undone}", article=ARTICLE, **sums)
    data = {"number": credit.original_number, "amount_fen": credit.amount_incl_tax_fen, "undone": undone}
    action = RESTORED if undone is CreditUndone.BROUGHT_BACK else ANNULLED
    audit.record(actor=actor, now=now, action=action, subject=claim, data={**data, "reason": because.as_json()})
