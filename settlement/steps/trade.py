"""What user and provider owe each other for an order: charged, paid, refunded, adjusted, deducted and made up for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from core import audit
from core.db import require_transaction
from core.errors import Conflict, NotFound, Refused
from core.permissions import Actor
from core.states import apply
from settlement.models import LedgerAccount, OrderCharge, Payment, Shortfall
from settlement.rules import postings
from settlement.rules.chart import AccountKind, AccountRef, TransactionKind, order_owner
from settlement.rules.methods import PaymentMethod, PaymentPurpose
from settlement.rules.postings import Entries
from settlement.states import (
    PAYMENT_TRANSITIONS,
    SHORTFALL_TRANSITIONS,
    PaymentAction,
    PaymentState,
    ShortfallAction,
)
from settlement.steps.posting import Parties, Posting, locked_account, post

DEDUCTION_ARTICLE = "V16(1)"


class OrderCharged(Conflict):
    """This order has been charged already."""

    code = "order_charged"


class OrderNotCharged(NotFound):
    """Nothing was ever charged for this order."""

    code = "order_not_charged"


class ChargeBelowPaid(Refused):
    """A charge cannot be lowered below what has been paid; refund the difference first."""

    code = "charge_below_paid"


class PaymentTooLarge(Refused):
    """More would be paid than is due."""

    code = "payment_too_large"


class PaymentExists(Conflict):
    """A payment with this reference is recorded for the order already."""

    code = "payment_exists"


class RefundTooLarge(Refused):
    """More would be refunded than was paid."""

    code = "refund_too_large"


class SubsidyExceedsDeduction(Conflict):
    """More subsidy would be assigned or refused than was deducted from the price and not settled yet."""

    code = "subsidy_exceeds_deduction"


class ShortfallExists(Conflict):
    """There is a shortfall for this order already."""

    code = "shortfall_exists"


def charge_order(
    *,
    order_id: int,
    user_id: int,
    provider_id: int,
    self_pay_fen: int,
    subsidy_receivable_fen: int,
    actor: Actor,
    now: datetime,
) -> OrderCharge:
    """Charge an order: the user's own part, and in direct deduction the part deducted for the subsidy (else 0).

    Raises :class:`OrderCharged`.
    """
    current = require_transaction()
    if current.scalars(select(OrderCharge.id).where(OrderCharge.order_id == order_id)).first() is not None:
        raise OrderCharged(order=order_id)
    charge = OrderCharge(
        order_id=order_id,
        user_id=user_id,
        provider_id=provider_id,
        self_pay_fen=self_pay_fen,
        subsidy_fen=subsidy_receivable_fen,
        charged_at=now,
    )
    current.add(charge)
    audit.record(
        actor=actor,
        now=now,
        action="charge",
        subject=charge,
        data={"self_pay_fen": self_pay_fen, "subsidy_fen": subsidy_receivable_fen},
    )
    _change(charge, self_pay_fen, subsidy_receivable_fen, TransactionKind.ORDER_CHARGED, actor=actor, now=now)
    return charge


def adjust_charge(
    *, order_id: int, self_pay_fen: int, subsidy_receivable_fen: int, actor: Actor, now: datetime
) -> None:
    """Set an order's charge anew, as at completion with the actual quantity or at cancellation (both 0).

    Raises :class:`OrderNotCharged` and :class:`ChargeBelowPaid`: what has been paid is refunded first.
    """
    charge = locked_charge(order_id)
    self_pay_change = self_pay_fen - charge.self_pay_fen
    subsidy_change = subsidy_receivable_fen - charge.subsidy_fen
    due = _locked(AccountKind.DUE_FROM_USER, charge).balance_fen
    receivable = _locked(AccountKind.SUBSIDY_RECEIVABLE, charge).balance_fen
    if due + self_pay_change < 0 or receivable + subsidy_change < 0:
        raise ChargeBelowPaid(order=order_id)
    if self_pay_change == 0 and subsidy_change == 0:
        return
    before = {"self_pay_fen": charge.self_pay_fen, "subsidy_fen": charge.subsidy_fen}
    charge.self_pay_fen, charge.subsidy_fen = self_pay_fen, subsidy_receivable_fen
    after = {"self_pay_fen": self_pay_fen, "subsidy_fen": subsidy_receivable_fen}
    audit.record(
        actor=actor, now=now, action="adjust", subject=charge, data={"before": before, "after": after}
    )
    _change(charge, self_pay_change, subsidy_change, TransactionKind.CHARGE_ADJUSTED, actor=actor, now=now)


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

    Raises :class:`OrderNotCharged`, :class:`PaymentTooLarge` and :class:`PaymentExists` (one reference counts once).
    """
    charge = locked_charge(order_id)
    due = _locked(AccountKind.DUE_FROM_USER, charge).balance_fen
    if amount_fen > due:
        raise PaymentTooLarge(amount=amount_fen, due=due)
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
    payments = _refundable(order_id)
    if amount_fen > sum(payment.amount_fen - payment.refunded_fen for payment in payments):
        raise RefundTooLarge(amount=amount_fen)
    left = amount_fen
    for payment in payments:
        part = min(left, payment.amount_fen - payment.refunded_fen)
        if part == 0:
            break
        _refund(payment, part, charge, actor=actor, now=now)
        left -= part


def cancel_charge(*, order_id: int, actor: Actor, now: datetime) -> int:
    """Refund all that was paid for an order and take its whole charge back; returns what was refunded.

    An order that was never charged needs nothing.
    """
    if find_charge(order_id) is None:
        return 0
    refunded = sum(payment.amount_fen - payment.refunded_fen for payment in _refundable(order_id))
    refund_order(order_id=order_id, amount_fen=refunded, actor=actor, now=now)
    adjust_charge(order_id=order_id, self_pay_fen=0, subsidy_receivable_fen=0, actor=actor, now=now)
    return refunded


def assign_subsidy(*, order_id: int, payee_id: int, amount_fen: int, actor: Actor, now: datetime) -> None:
    """Take a confirmed sum off the provider's subsidy receivable; nothing to do where the payee is the user.

    Raises :class:`SubsidyExceedsDeduction`.
    """
    charge = find_charge(order_id)
    if charge is None or charge.provider_id != payee_id:
        return
    _off_receivable(
        charge,
        postings.subsidy_assigned(order_id=order_id, amount_fen=amount_fen),
        amount_fen,
        TransactionKind.SUBSIDY_ASSIGNED,
        actor=actor,
        now=now,
    )


def forgo_subsidy(*, order_id: int, actor: Actor, now: datetime) -> int:
    """Write off what the provider lost by letting its claim expire: the user owes nothing (V16(1)). Returns the sum."""
    charge = find_charge(order_id)
    if charge is None:
        return 0
    lost = _locked(AccountKind.SUBSIDY_RECEIVABLE, charge).balance_fen
    if lost > 0:
        _off_receivable(
            charge,
            postings.subsidy_forgone(order_id=order_id, amount_fen=lost),
            lost,
            TransactionKind.SUBSIDY_FORGONE,
            actor=actor,
            now=now,
        )
    return lost


def open_shortfall(
    *,
    order_id: int,
    debtor_id: int,
    creditor_id: int,
    amount_fen: int,
    article: str,
    actor: Actor,
    now: datetime,
) -> Shortfall:
    """Turn a refused part of the deducted sum into the user's debt to the provider (V16(1)).

    Raises :class:`OrderNotCharged`, :class:`ShortfallExists` and :class:`SubsidyExceedsDeduction`.
    """
    current = require_transaction()
    charge = locked_charge(order_id)
    if current.scalars(select(Shortfall.id).where(Shortfall.order_id == order_id)).first() is not None:
        raise ShortfallExists(order=order_id)
    made = _off_receivable(
        charge,
        postings.shortfall_opened(order_id=order_id, amount_fen=amount_fen),
        amount_fen,
        TransactionKind.SHORTFALL_OPENED,
        article=article,
        actor=actor,
        now=now,
    )
    shortfall = Shortfall(
        order_id=order_id,
        debtor_id=debtor_id,
        creditor_id=creditor_id,
        amount_fen=amount_fen,
        paid_fen=0,
        article=article,
        state=SHORTFALL_TRANSITIONS.initial,
        transaction_id=made,
        opened_at=now,
    )
    current.add(shortfall)
    audit.record(
        actor=actor,
        now=now,
        action="open",
        subject=shortfall,
        to_state=shortfall.state,
        data={"amount_fen": amount_fen, "article": article},
    )
    return shortfall


def settle_shortfall(
    shortfall: Shortfall, *, amount_fen: int, reference: str, actor: Actor, now: datetime
) -> Payment:
    """Record a payment, whole or part, of a locked shortfall. Raises :class:`PaymentTooLarge` and :class:`PaymentExists`."""
    if amount_fen > shortfall.open_fen:
        raise PaymentTooLarge(amount=amount_fen, due=shortfall.open_fen)
    payment = add_payment(
        locked_charge(shortfall.order_id),
        postings.shortfall_paid(order_id=shortfall.order_id, amount_fen=amount_fen),
        kind=TransactionKind.SHORTFALL_PAID,
        amount_fen=amount_fen,
        reference=reference,
        method=PaymentMethod.BANK_TRANSFER,
        shortfall=shortfall,
        actor=actor,
        now=now,
    )
    shortfall.paid_fen += amount_fen
    apply(
        shortfall,
        ShortfallAction.PAY if shortfall.open_fen == 0 else ShortfallAction.PAY_PART,
        transitions=SHORTFALL_TRANSITIONS,
        actor=actor,
        now=now,
        data={"amount_fen": amount_fen, "payment_id": payment.id},
    )
    return payment


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
) -> Payment:
    """A succeeded payment with its postings. Raises :class:`PaymentExists`."""
    current = require_transaction()
    known = select(Payment.id).where(
        Payment.order_id == charge.order_id, Payment.method == method, Payment.reference == reference
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
        transaction_id=_post(charge, entries, kind, actor=actor, now=now),
        recorded_by=actor.user_id,
        recorded_at=now,
    )
    current.add(payment)
    apply(
        payment,
        PaymentAction.SUCCEED,
        transitions=PAYMENT_TRANSITIONS,
        actor=actor,
        now=now,
        data={"amount_fen": amount_fen, "reference": reference},
    )
    return payment


def find_charge(order_id: int) -> OrderCharge | None:
    """The charge of an order, locked, or None."""
    return (
        require_transaction()
        .scalars(
            select(OrderCharge)
            .where(OrderCharge.order_id == order_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        .one_or_none()
    )


def locked_charge(order_id: int) -> OrderCharge:
    """The charge of an order, locked; raises :class:`OrderNotCharged`."""
    charge = find_charge(order_id)
    if charge is None:
        raise OrderNotCharged(order=order_id)
    return charge


def _refundable(order_id: int) -> list[Payment]:
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


def _refund(payment: Payment, part_fen: int, charge: OrderCharge, *, actor: Actor, now: datetime) -> None:
    _post(
        charge,
        postings.payment_refunded(order_id=charge.order_id, amount_fen=part_fen),
        TransactionKind.PAYMENT_REFUNDED,
        reverses_id=payment.transaction_id,
        actor=actor,
        now=now,
    )
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


def _change(
    charge: OrderCharge,
    self_pay_fen: int,
    subsidy_fen: int,
    kind: TransactionKind,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    if self_pay_fen == 0 and subsidy_fen == 0:
        return  # a free order moves no money
    entries = postings.charge_changed(
        order_id=charge.order_id, self_pay_fen=self_pay_fen, subsidy_fen=subsidy_fen
    )
    _post(charge, entries, kind, actor=actor, now=now)


def _off_receivable(
    charge: OrderCharge,
    entries: Entries,
    amount_fen: int,
    kind: TransactionKind,
    *,
    actor: Actor,
    now: datetime,
    article: str = DEDUCTION_ARTICLE,
) -> int:
    open_fen = _locked(AccountKind.SUBSIDY_RECEIVABLE, charge).balance_fen
    if amount_fen > open_fen:
        raise SubsidyExceedsDeduction(amount=amount_fen, open=open_fen)
    made = _post(charge, entries, kind, article=article, actor=actor, now=now)
    audit.record(actor=actor, now=now, action=kind.value, subject=charge, data={"amount_fen": amount_fen})
    return made


def _post(
    charge: OrderCharge,
    entries: Entries,
    kind: TransactionKind,
    *,
    actor: Actor,
    now: datetime,
    article: str | None = None,
    reverses_id: int | None = None,
) -> int:
    return post(
        Posting(
            kind,
            entries,
            source=order_owner(charge.order_id),
            order_id=charge.order_id,
            article=article,
            reverses_id=reverses_id,
            parties=_parties(charge),
        ),
        actor=actor,
        now=now,
    )


def _locked(kind: AccountKind, charge: OrderCharge) -> LedgerAccount:
    return locked_account(AccountRef(kind, order_owner(charge.order_id)), parties=_parties(charge))


def _parties(charge: OrderCharge) -> Parties:
    return Parties(party_id=charge.user_id, counterparty_id=charge.provider_id)
