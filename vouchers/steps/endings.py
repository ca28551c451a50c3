"""How a claim ends without being paid: what it held is free again in the same transaction (V12 hold)."""

from __future__ import annotations

from datetime import date, datetime

from core.db import require_transaction
from core.permissions import Actor
from core.states import apply
from settlement.queries.payables import payables_of_order
from settlement.steps import forgo_subsidy, open_shortfall, release_hold
from vouchers.models import Claim
from vouchers.queries.claims import claim_of_source
from vouchers.rules.claims import CORRECTION, correction_over, validity_over
from vouchers.rules.facts import PaymentMode
from vouchers.rules.reviewing import CaseEnding
from vouchers.rules.steps import UNMENDED, StepKind
from vouchers.states import CLAIM, ClaimAction
from vouchers.steps.aids import note_aids_end, release_aids
from vouchers.steps.cases import end_case
from vouchers.steps.reasoning import note_claim_step

DEDUCTION = "V16(1)"
GIVEN_UP = {ClaimAction.WITHDRAW: StepKind.WITHDRAWAL, ClaimAction.EXPIRE: StepKind.EXPIRY}


def reject_claim(claim: Claim, *, actor: Actor, now: datetime, note: str) -> None:
    """Reject a locked claim: its hold is released; what was deducted becomes the user's debt (V16(1))."""
    note_claim_step(StepKind.REJECTION, claim, after_fen=0, opinion=note, now=now)
    note_aids_end(claim, StepKind.REJECTION, opinion=note, now=now)
    apply(claim, ClaimAction.REJECT, transitions=CLAIM, actor=actor, now=now, note=note)
    _refuse(claim, actor=actor, now=now)


def reject_unmended(claim: Claim, *, correct_by: date, actor: Actor, now: datetime) -> None:
    """As :func:`reject_claim`, of a returned claim that nobody mended by its last day (V17 return)."""
    missed = {UNMENDED: correct_by.isoformat()}
    note_claim_step(StepKind.REJECTION, claim, after_fen=0, article=CORRECTION, now=now, **missed)
    note_aids_end(claim, StepKind.REJECTION, now=now, **missed)
    over = {"reason": correction_over(correct_by).as_json()}
    apply(claim, ClaimAction.REJECT, transitions=CLAIM, actor=actor, now=now, data=over)
    _refuse(claim, actor=actor, now=now)


def _refuse(claim: Claim, *, actor: Actor, now: datetime) -> None:
    _let_go(claim, actor=actor, now=now)
    owe_refused_part(claim, granted_fen=0, actor=actor, now=now)


def give_up_claim(claim: Claim, action: ClaimAction, *, actor: Actor, now: datetime, note: str) -> None:
    """Withdraw or expire a locked claim: its hold is released and the user owes nothing (V16(1))."""
    last_day = claim.last_day.isoformat()
    over = {} if action is ClaimAction.WITHDRAW else {"reason": validity_over(claim.last_day).as_json()}
    note_claim_step(GIVEN_UP[action], claim, after_fen=0, last_day=last_day, now=now)
    note_aids_end(claim, GIVEN_UP[action], last_day=last_day, now=now)
    apply(claim, action, transitions=CLAIM, actor=actor, now=now, note=note, data=over)
    end_case(claim, CaseEnding.CLOSED, actor=actor, now=now)
    _let_go(claim, actor=actor, now=now)
    if claim.payment_mode is PaymentMode.DIRECT_DEDUCTION:
        forgo_subsidy(order_id=claim.order_id, actor=actor, now=now)


def owe_refused_part(claim: Claim, *, granted_fen: int, actor: Actor, now: datetime) -> None:
    """In direct deduction, turn what was deducted and not granted into the user's debt; else no debt arises.

    ``granted_fen`` is what the province and all programmes of cities grant together (V6).
    """
    refused_fen = claim.deducted_fen - granted_fen
    if claim.payment_mode is PaymentMode.DIRECT_DEDUCTION and refused_fen > 0:
        open_shortfall(
            order_id=claim.order_id,
            debtor_id=claim.beneficiary_id,
            creditor_id=claim.provider_id,
            amount_fen=refused_fen,
            article=DEDUCTION,
            actor=actor,
            now=now,
        )


def revoke_claim(*, source: str, actor: Actor, now: datetime, note: str) -> None:
    """Revoke a confirmed claim, as a stop of payment does; the cap's use stays (V12 hold).

    What was paid and is claimed back rests on its invoice for ever: that supports no second claim (invariant 16).
    """
    require_transaction()
    claim = claim_of_source(source)
    note_claim_step(StepKind.REVOCATION, claim, after_fen=0, opinion=note, now=now)
    note_aids_end(claim, StepKind.REVOCATION, opinion=note, now=now)
    apply(claim, ClaimAction.REVOKE, transitions=CLAIM, actor=actor, now=now, note=note)
    if not any(payable.paid_fen for payable in payables_of_order(claim.order_id)):
        _free_invoice(claim)


def _let_go(claim: Claim, *, actor: Actor, now: datetime) -> None:
    release_hold(order_id=claim.order_id, actor=actor, now=now)
    release_aids(order_id=claim.order_id, actor=actor, now=now)
    _free_invoice(claim)


def _free_invoice(claim: Claim) -> None:
    """A number may support another live claim once this one is dead (invariant 16)."""
    for invoice in claim.invoices:
        invoice.live = False
