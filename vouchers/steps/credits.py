"""Credit invoices: what they take back, and what that does to the claim that rests on it.

``credit`` is the number of the credit invoice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from accounts.permissions import province
from core import audit, clock, policy
from core.db import require_transaction
from core.errors import Reason, Refused, reason
from core.money import yuan_text
from core.permissions import SYSTEM, Actor
from core.states import apply
from settlement.models import Payable
from settlement.states import PayableState
from settlement.steps.payables import locked_payable
from settlement.steps.queue import join_queue
from settlement.steps.stops import stop_payable
from vouchers.models import Claim, CreditInvoice, Invoice
from vouchers.permissions import may_decide_credits
from vouchers.queries.claims import claim_of_source, find_claim, visible_claims
from vouchers.rules.invoices.credits import (
    CREDITED,
    CreditEffect,
    bound_faults,
    credit_effect,
    credit_faults,
    unknown_faults,
)
from vouchers.rules.invoices.items import item_policy
from vouchers.rules.policy import first_day
from vouchers.states import CREDIT, ClaimState, CreditAction
from vouchers.steps.base import settle_sum, worth_fen
from vouchers.steps.invoices import credited, lock_invoice

ARTICLE = "V13"
OCCASION = "credit:"
"""Before the number of the credit invoice: what a stop was ordered for."""
_OUT_OF_HAND = (PayableState.PAID, PayableState.IN_BATCH)
_STOPPABLE = (PayableState.DUE, PayableState.FAILED, PayableState.RETURNED)
_SETTLED_ANEW = (ClaimState.SUBMITTED, ClaimState.SENT_BACK)


@dataclass(frozen=True)
class Credited:
    """What a credit invoice met."""

    claim: Claim | None
    effect: CreditEffect


class CreditRefused(Refused):
    """The credit invoice contradicts itself, its file or the invoice; every fault is named."""

    code = "credit_refused"


def decides_about(number: str, *, actor: Actor) -> bool:
    """Whether a credit invoice of this number has its effect at once when the actor enters it.

    The province decides about all, a bureau about those of its own city's claims, a party about that of its own live
    claim. Nobody does about the invoice of a live claim out of his sight (V6).
    """
    if province(actor):
        return True
    current = require_transaction()
    mine = visible_claims(actor).with_only_columns(Claim.id)
    known = select(Invoice.id).where(Invoice.number == number, Invoice.claim_id.in_(mine))
    if not may_decide_credits(actor):
        known = known.where(Invoice.live)
    others = select(Invoice.id).where(Invoice.number == number, Invoice.live, Invoice.claim_id.not_in(mine))
    return current.scalars(known).first() is not None and current.scalars(others).first() is None


def lock_concerned(number: str, *more: str) -> Claim | None:
    """Lock the claim that rests on a number, then the numbers: whoever adds an invoice locks them in that order."""
    found = select(Invoice.claim_id).where(Invoice.number == number, Invoice.live)
    claim_id = require_transaction().scalar(found)
    claim = None if claim_id is None else claim_of_source(find_claim(claim_id, actor=SYSTEM).source)
    for name in sorted({number, *more}):
        lock_invoice(name)
    return claim


def faults_of_bounds(
    number: str, *, amount_fen: int, issued_on: date | None, known: bool, now: datetime
) -> list[Reason]:
    """What stands against taking so much back of a number: what is left of its invoice, and its date. Of one that is
    not ``known`` to who enters it the bounds are the same whether it exists or not (V6)."""
    found = select(Invoice).where(Invoice.number == number).order_by(Invoice.live.desc(), Invoice.id.desc())
    invoice = require_transaction().scalars(found).first() if known else None
    if invoice is not None:
        return bound_faults(
            amount_fen=amount_fen,
            issued_on=issued_on,
            invoice_fen=invoice.amount_incl_tax_fen,
            credited_fen=credited(number),
            invoice_on=invoice.issued_on,
        )
    items = item_policy(policy.current().at(clock.today(now)))
    return unknown_faults(
        amount_fen=amount_fen,
        issued_on=issued_on,
        credited_fen=credited(number) if known else 0,
        most_fen=items.unknown_credit_max_fen,
        earliest=first_day(policy.current(), days_before=items.days_before_order or 0),
    )


def put_in_force(
    credit: CreditInvoice, claim: Claim | None, *, decision: str | None = None, actor: Actor, now: datetime
) -> None:
    """Let a waiting credit invoice have its effect on the claim that rests on its invoice, both locked.

    ``decision`` is what was said with it where somebody took it who had not entered it.
    """
    met = _take_back(credit, claim, actor=actor, now=now)
    credit.effect, credit.claim_id = met.effect, None if met.claim is None else met.claim.id
    if decision is not None:
        credit.decided_by, credit.decided_at, credit.decision = actor.user_id, now, decision
    data = {
        "number": credit.number,
        "original_number": credit.original_number,
        "amount_fen": credit.amount_incl_tax_fen,
        "effect": met.effect,
    }
    apply(credit, CreditAction.TAKE, transitions=CREDIT, actor=actor, now=now, note=decision, data=data)


def credit_stands_against(claim: Claim, *, granted_fen: int | None) -> list[Reason]:
    """What credit invoices say against granting so much of a claim."""
    invoice = claim.invoice
    if invoice is None:
        return []
    return credit_faults(
        counts_fen=invoice.counted_fen,
        credited_fen=invoice.credited_fen,
        granted_fen=granted_fen,
        worth_fen=worth_fen(claim),
    )


def effect_on(claim: Claim, invoice: Invoice, payables: Iterable[Payable]) -> CreditEffect:
    """What credit invoices of the invoice of a live claim do to it, as they stand now."""
    return credit_effect(
        claim.state,
        counts_fen=invoice.counted_fen,
        granted_fen=claim.standing_fen,
        worth_fen=worth_fen(claim),
        paid=any(each.state in _OUT_OF_HAND for each in payables),
    )


def locked_payables(claim: Claim) -> list[Payable]:
    """What is owed on the order of a confirmed claim, by province and cities, locked so that no batch takes it."""
    join_queue()
    found = select(Payable.source).where(Payable.order_id == claim.order_id).order_by(Payable.id)
    return [locked_payable(source=source) for source in require_transaction().scalars(found).all()]


def _take_back(credit: CreditInvoice, claim: Claim | None, *, actor: Actor, now: datetime) -> Credited:
    """What it says how it became known is the cause of a stop that it brings about."""
    number, own, amount_fen = credit.original_number, credit.number, credit.amount_incl_tax_fen
    invoice = None if claim is None else claim.invoice
    if claim is None or invoice is None or invoice.number != number:
        return Credited(None, CreditEffect.RECORDED)
    invoice.credited_fen = credited(number) + amount_fen
    if claim.state is ClaimState.REVOKED:
        return Credited(None, CreditEffect.RECORDED)
    payables = locked_payables(claim)
    effect = effect_on(claim, invoice, payables)
    match effect:
        case CreditEffect.DROPPED:
            invoice.live = invoice.material.live = False
        case CreditEffect.LOWERED if claim.state in _SETTLED_ANEW:
            settle_sum(claim, credit=own, actor=actor, now=now)
        case CreditEffect.PAYMENT_STOPPED | CreditEffect.CLAWBACK_DUE:
            for payable in payables:
                if payable.state in _STOPPABLE and not payable.stopped:
                    cause = f"{credit.opinion}（{own}）"
                    stop_payable(payable, cause=cause, occasion=f"{OCCASION}{own}", actor=actor, now=now)
        case _:
            pass  # the claim stays as it is; review, confirmation and the province are told
    sums = {"credit": own, "number": number, "amount": yuan_text(amount_fen)}
    because = reason(f"credit_{effect}", article=ARTICLE, **sums)
    data = {"number": number, "amount_fen": amount_fen, "effect": effect, "reason": because.as_json()}
    audit.record(actor=actor, now=now, action=CREDITED, subject=claim, data=data)
    return Credited(claim, effect)
