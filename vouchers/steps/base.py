"""What a claim is worth by its costs (V12 base), and what is held of it while it is under review."""

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
    """The lesser of hold and the rate's share of contract, actual fee and what the invoice of a locked claim supports.

    What its whole invoice could not give is released. What lines that do not count and credit invoices take stays held
    until the confirmation, for a line may be taken back in and a credit invoice annulled; so the sum may rise again up
    to that, and never above the hold (V12 hold). ``credit`` is the number of the credit invoice that is the cause.
    """
    claim.base_fen = base_of(claim)
    most_base_fen = _most_base_fen(claim)
    held_fen, most_fen, rate = _held_fen(claim), claim.claimed_fen, claim.decision.rate
    if rate is not None:
        most_fen = reduced_subsidy(held_fen, actual_base_fen=most_base_fen, rate=rate)
        claimed_fen = reduced_subsidy(held_fen, actual_base_fen=claim.base_fen, rate=rate)
        note_invoice(claim, claimed_fen=claimed_fen, held_fen=held_fen, credit=credit, now=now)
        claim.claimed_fen = claimed_fen
    reduce_hold(order_id=claim.order_id, to_fen=most_fen, actor=actor, now=now)
    settle_aids(claim, most_base_fen=most_base_fen, most_fen=most_fen, actor=actor, now=now)


def settle_marks(claim: Claim, *, actor: Actor, now: datetime) -> None:
    """What a locked claim asks for follows the lines that its reviewer left out or took back in. An invoice of which a
    credit invoice left nothing is not settled by: it stands against any approval."""
    invoice = claim.invoice
    if invoice is None or base_of(claim) == claim.base_fen:
        return
    if invoice.counted_fen > 0 or invoice.credited_fen == 0:
        settle_sum(claim, actor=actor, now=now)


def base_of(claim: Claim) -> int:
    """The least of contract, actual fee and what the invoice supports at present, whatever was settled."""
    if claim.invoice is None:
        return claim.base_fen
    return min(claim.contract_fen, claim.actual_fen, claim.invoice.counted_fen)


def worth_fen(claim: Claim) -> int:
    """What contract, actual fee and invoice would give today, whatever was granted."""
    if claim.invoice is None or claim.decision.rate is None:
        return 0
    limit_fen = max(claim.claimed_fen, _held_fen(claim))
    return reduced_subsidy(limit_fen, actual_base_fen=base_of(claim), rate=claim.decision.rate)


def _most_base_fen(claim: Claim) -> int:
    """As :func:`base_of`, did all lines count and nothing was credited."""
    if claim.invoice is None:
        return claim.base_fen
    return min(claim.contract_fen, claim.actual_fen, claim.invoice.amount_incl_tax_fen)


def _held_fen(claim: Claim) -> int:
    held = hold_of(claim.order_id)
    return 0 if held is None else held.held_fen
