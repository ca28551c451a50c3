"""Credit invoices: what they take back, and what that does to the claim that rests on it.

``credit`` is the number of the credit invoice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from accounts.permissions import province
from core import audit
from core.db import require_transaction
from core.errors import Reason, Refused, reason, refuse_all
from core.money import fen_to_yuan
from core.permissions import SYSTEM, Actor
from settlement.models import Payable
from settlement.states import PayableState
from settlement.steps.payables import locked_payable
from settlement.steps.queue import join_queue
from settlement.steps.stops import stop_payable
from vouchers.models import Claim, Invoice
from vouchers.queries.claims import claim_of_source, find_claim, visible_claims
from vouchers.rules.invoices.credits import CreditEffect, bound_faults, credit_effect, credit_faults
from vouchers.states import ClaimState
from vouchers.steps.base import settle_sum, worth_fen
from vouchers.steps.invoices import credited, lock_invoice

SIGHT = "V6"
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


class CreditUnmatched(Refused):
    """No claim this office decides about rests on the invoice; of others it learns nothing (V6)."""

    code = "credit_unmatched"


def require_in_sight(number: str, *, actor: Actor) -> None:
    """Raise :class:`CreditUnmatched` unless the invoice is one of a claim in the actor's sight, or he sees all.

    Another city's claim and none at all answer alike.
    """
    if province(actor):
        return
    current = require_transaction()
    mine = visible_claims(actor).with_only_columns(Claim.id)
    known = select(Invoice.id).where(Invoice.number == number, Invoice.claim_id.in_(mine))
    others = select(Invoice.id).where(Invoice.number == number, Invoice.live, Invoice.claim_id.not_in(mine))
    if current.scalars(known).first() is None or current.scalars(others).first() is not None:
        raise CreditUnmatched(reasons=[reason("credit_unmatched", article=SIGHT, field="original_number")])


def take_back(
    number: str, amount_fen: int, *, issued_on: date | None, credit: str, opinion: str, actor: Actor, now: datetime
) -> Credited:
    """Take ``amount_fen`` back of an invoice, before the credit itself is written; locks the claim that rests on it.

    ``opinion`` is how it became known: the cause of a stop that it brings about. Raises
    :class:`CreditRefused` where that is more than is left of the invoice, or older than it.
    """
    claim = _resting_on(number)
    lock_invoice(number)
    _require_within(number, amount_fen, issued_on)
    invoice = None if claim is None else claim.invoice
    if claim is None or invoice is None or invoice.number != number:
        return Credited(None, CreditEffect.RECORDED)
    invoice.credited_fen = credited(number) + amount_fen
    if claim.state is ClaimState.REVOKED:
        return Credited(None, CreditEffect.RECORDED)
    payables = _payables(claim)
    effect = credit_effect(
        claim.state,
        counts_fen=invoice.counted_fen,
        granted_fen=claim.standing_fen,
        worth_fen=worth_fen(claim),
        paid=any(each.state in _OUT_OF_HAND for each in payables),
    )
    match effect:
        case CreditEffect.DROPPED:
            invoice.live = invoice.material.live = False
        case CreditEffect.LOWERED if claim.state in _SETTLED_ANEW:
            settle_sum(claim, credit=credit, actor=actor, now=now)
        case CreditEffect.PAYMENT_STOPPED | CreditEffect.CLAWBACK_DUE:
            for payable in payables:
                if payable.state in _STOPPABLE and not payable.stopped:
                    stop_payable(
                        payable,
                        cause=f"{opinion}（{credit}）",
                        occasion=f"{OCCASION}{credit}",
                        actor=actor,
                        now=now,
                    )
        case _:
            pass  # the claim stays as it is; review, confirmation and the province are told
    sums = {"credit": credit, "number": number, "amount": fen_to_yuan(amount_fen)}
    because = reason(f"credit_{effect}", article=ARTICLE, **sums)
    data = {"number": number, "amount_fen": amount_fen, "effect": effect, "reason": because.as_json()}
    audit.record(actor=actor, now=now, action="credit_invoice", subject=claim, data=data)
    require_transaction().flush()
    return Credited(claim, effect)


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


def _require_within(number: str, amount_fen: int, issued_on: date | None) -> None:
    found = select(Invoice).where(Invoice.number == number).order_by(Invoice.live.desc(), Invoice.id.desc())
    known = require_transaction().scalars(found).first()
    if known is None:
        return
    faults = bound_faults(
        amount_fen=amount_fen,
        issued_on=issued_on,
        invoice_fen=known.amount_incl_tax_fen,
        credited_fen=credited(number),
        invoice_on=known.issued_on,
    )
    refuse_all(faults, error=CreditRefused)


def _resting_on(number: str) -> Claim | None:
    """The claim that rests on a number, locked first: whoever adds an invoice locks claim and number in that order."""
    found = select(Invoice.claim_id).where(Invoice.number == number, Invoice.live)
    claim_id = require_transaction().scalar(found)
    return None if claim_id is None else claim_of_source(find_claim(claim_id, actor=SYSTEM).source)


def _payables(claim: Claim) -> list[Payable]:
    """What is owed on the order of a confirmed claim, by province and cities, locked so that no batch takes it."""
    join_queue()
    found = select(Payable.source).where(Payable.order_id == claim.order_id).order_by(Payable.id)
    return [locked_payable(source=source) for source in require_transaction().scalars(found).all()]
