"""What a claim is worth by its costs: only ever less (V12 base)."""

from __future__ import annotations

from datetime import datetime

from core.permissions import Actor
from settlement.queries import hold_of
from settlement.steps import reduce_hold
from vouchers.models import Claim
from vouchers.rules.amounts import reduced_subsidy
from vouchers.steps.aids import settle_aids
from vouchers.steps.reasoning import note_invoice


def settle_sum(claim: Claim, *, credit: str | None = None, actor: Actor, now: datetime) -> None:
    """The lesser of hold and the rate's share of contract, actual fee and what the invoice of a locked claim supports;
    the difference is released. ``credit`` is the number of the credit invoice that is the cause, if one is."""
    if claim.invoice is not None:
        claim.base_fen = min(claim.contract_fen, claim.actual_fen, claim.invoice.counted_fen)
    held = hold_of(claim.order_id)
    held_fen = 0 if held is None else held.held_fen
    rate = claim.decision.rate
    if rate is not None:
        claimed_fen = min(claim.claimed_fen, reduced_subsidy(held_fen, actual_base_fen=claim.base_fen, rate=rate))
        note_invoice(claim, claimed_fen=claimed_fen, credit=credit, now=now)
        claim.claimed_fen = claimed_fen
    reduce_hold(order_id=claim.order_id, to_fen=claim.claimed_fen, actor=actor, now=now)
    settle_aids(claim, actor=actor, now=now)


def settle_marks(claim: Claim, *, actor: Actor, now: datetime) -> None:
    """What a locked claim asks for follows the lines that its reviewer left out. An invoice of which a credit invoice
    left nothing is not settled by: it stands against any approval."""
    invoice = claim.invoice
    if invoice is None or invoice.counted_fen >= claim.base_fen:
        return
    if invoice.counted_fen > 0 or invoice.credited_fen == 0:
        settle_sum(claim, actor=actor, now=now)


def worth_fen(claim: Claim) -> int:
    """What contract, actual fee and invoice would give today, whatever was granted."""
    if claim.invoice is None or claim.decision.rate is None:
        return 0
    base_fen = min(claim.contract_fen, claim.actual_fen, claim.invoice.counted_fen)
    return reduced_subsidy(claim.claimed_fen, actual_base_fen=base_fen, rate=claim.decision.rate)
