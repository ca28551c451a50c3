"""Money from users to providers: recorded, refunded, and taken back with the charge."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from core.db import require_transaction
from core.errors import Conflict, Refused, reason
from core.failpoints import failpoint
from core.money import yuan_text
from core.permissions import Actor
from core.states import apply
from settlement.models import OrderCharge, Payment, Shortfall
from settlement.rules import postings
from settlement.rules.chart import AccountKind, TransactionKind
from settlement.rules.methods import GATEWAY_METHODS, PaymentMethod, PaymentPurpose
from settlement.rules.postings import Entries
from settlement.states import PAYMENT_TRANSITIONS, PaymentAction, PaymentState
from settlement.steps.attempts import give_up_attempts
from settlement.steps.charges import adjust_charge, find_charge, locked_charge, locked_trade, post_trade
from settlement.steps.refunds import send_back


class PaymentTooLarge(Refused):
    """More would be paid than is due."""

    code = "payment_too_large"
    article = "V16"


class PaymentExists(Conflict):
    """A payment with this reference is recorded for the order already."""

    code = "payment_exists"


class RefundTooLarge(Refused):
    """More would be refunded than was paid."""

    code = "refund_too_large"
    article = "V16"


def payment_too_large(amount_fen: int, due_fen: int, *, article: str) -> PaymentTooLarge:
    """The refusal of more than is due."""
    amount, due = yuan_text(amount_fen), yuan_text(due_fen)
    because = reason("payment_too_large", article=article, field="amount_fen", amount=amount, due=due)
    return PaymentTooLarge(amount=amount, due=due, reasons=[because])


def record_payment(
    *,
    order_id: int,
    amount_fen: int,
    reference: str,
    actor: Actor,
    now: datetime,
    method: PaymentMethod = PaymentMethod.BANK_TRANSFER,
) -> Payment:
    """Record the user's money as received by the provider.

    What the user began to pay online meanwhile is given up, so that nothing is paid twice. Raises
    :class:`OrderNotCharged`, :class:`PaymentTooLarge` and :class:`PaymentExists` (one reference counts once).
    """
    charge = locked_charge(order_id)
    give_up_attempts(order_id, purpose=PaymentPurpose.ORDER, actor=actor, now=now)
    due = locked_trade(AccountKind.DUE_FROM_USER, charge).balance_fen
    if amount_fen > due:
        raise payment_too_large(amount_fen, due, article="V16")
    return add_payment(
        charge,
        postings.payment_received(order_id=order_id, amount_fen=amount_fen),
        kind=TransactionKind.PAYMENT_RECEIVED,
        amount_fen=amount_fen,
        reference=reference,
        method=method,
        actor=actor,
        now=now,
    )


def refund_order(*, order_id: int, amount_fen: int, actor: Actor, now: datetime) -> None:
    """Give the user money back, out of the latest payments first; the sum is due again until the charge is lowered.

    Raises :class:`OrderNotCharged` and :class:`RefundTooLarge`.
    """
    charge = locked_charge(order_id)
    payments = refundable(order_id)
    if amount_fen > sum(payment.amount_fen - payment.refunded_fen for payment in payments):
        raise RefundTooLarge(amount=yuan_text(amount_fen))
    left = amount_fen
    for payment in payments:
        part = min(left, payment.amount_fen - payment.refunded_fen)
        if part == 0:
            break
        refund_payment(payment, part, charge, actor=actor, now=now)
        left -= part


def cancel_charge(*, order_id: int, actor: Actor, now: datetime) -> int:
    """Refund all that was paid for an order and take its whole charge back; returns what was refunded.

    An order that was never charged needs nothing. What was paid online goes back the same way, soon after.
    """
    if find_charge(order_id) is None:
        return 0
    refunded = sum(payment.amount_fen - payment.refunded_fen for payment in refundable(order_id))
    refund_order(order_id=order_id, amount_fen=refunded, actor=actor, now=now)
    adjust_charge(order_id=order_id, self_pay_fen=0, subsidy_receivable_fen=0, actor=actor, now=now)
    return refunded


def add_payment(
    charge: OrderCharge,
    entries: Entries,
    *,
    kind: TransactionKind,
    amount_fen: int,
    reference: str,
    method: PaymentMethod,
    actor: Actor,
    now: datetime,
    shortfall: Shortfall | None = None,
    corrects_id: int | None = None,
) -> Payment:
    """A succeeded payment with its postings; ``corrects_id`` is the entry it is made in place of.

    Raises :class:`PaymentExists`.
    """
    current = require_transaction()
    known = select(Payment.id).where(
        Payment.order_id == charge.order_id,
        Payment.method == method,
        Payment.reference == reference,
        Payment.state != PaymentState.CORRECTED,
    )
    if current.scalars(known).first() is not None:
        raise PaymentExists(reference=reference)
    payment = Payment(
        order_id=charge.order_id,
        purpose=PaymentPurpose.ORDER if shortfall is None else PaymentPurpose.SHORTFALL,
        shortfall_id=None if shortfall is None else shortfall.id,
        payer_id=charge.user_id,
        payee_id=charge.provider_id,
        method=method,
        reference=reference,
        amount_fen=amount_fen,
        refunded_fen=0,
        state=PAYMENT_TRANSITIONS.initial,
        corrects_id=corrects_id,
        recorded_by=actor.user_id,
        recorded_at=now,
    )
    current.add(payment)
    book_payment(payment, charge, entries, kind=kind, actor=actor, now=now)
    return payment


def book_payment(
    payment: Payment, charge: OrderCharge, entries: Entries, *, kind: TransactionKind, actor: Actor, now: datetime
) -> None:
    """Post a payment that succeeded, with its charge locked; nothing of it was in the ledger before."""
    payment.transaction_id = post_trade(charge, entries, kind, actor=actor, now=now)
    failpoint("settlement.payment.posted")
    apply(
        payment,
        PaymentAction.SUCCEED,
        transitions=PAYMENT_TRANSITIONS,
        actor=actor,
        now=now,
        data={"amount_fen": payment.amount_fen, "reference": payment.reference},
    )
    failpoint("settlement.payment.recorded")


def refundable(order_id: int) -> list[Payment]:
    """What was paid for an order and not given back in full, locked, the latest first."""
    found = (
        select(Payment)
        .where(
            Payment.order_id == order_id,
            Payment.purpose == PaymentPurpose.ORDER,
            Payment.state == PaymentState.SUCCEEDED,
        )
        .order_by(Payment.id.desc())
        .with_for_update()
    )
    return list(require_transaction().scalars(found))


def refund_payment(payment: Payment, part_fen: int, charge: OrderCharge, *, actor: Actor, now: datetime) -> None:
    """Give back part of a locked payment of an order: it is due again."""
    posted = post_trade(
        charge,
        postings.payment_refunded(order_id=charge.order_id, amount_fen=part_fen),
        TransactionKind.PAYMENT_REFUNDED,
        reverses_id=payment.transaction_id,
        actor=actor,
        now=now,
    )
    give_back(payment, part_fen, transaction_id=posted, actor=actor, now=now)


def give_back(payment: Payment, part_fen: int, *, transaction_id: int, actor: Actor, now: datetime) -> None:
    """Note on a locked payment what was posted as given back; what came through the gateway goes back through it."""
    payment.refunded_fen += part_fen
    whole = payment.refunded_fen == payment.amount_fen
    apply(
        payment,
        PaymentAction.REFUND if whole else PaymentAction.REFUND_PART,
        transitions=PAYMENT_TRANSITIONS,
        actor=actor,
        now=now,
        data={"refunded_fen": part_fen},
    )
    if payment.method in GATEWAY_METHODS:
        send_back(payment, amount_fen=part_fen, transaction_id=transaction_id, actor=actor, now=now)
