"""Payments through the gateway: an attempt is recorded, and what the gateway said of it is taken in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core import audit
from core.db import require_transaction
from core.errors import Conflict, Refused
from core.money import yuan_text
from core.permissions import SYSTEM, Actor
from core.states import apply
from settlement.gateways import GatewayOff, gateway
from settlement.models import GatewayAccount, GatewayPayment, OrderCharge, Payment, Shortfall
from settlement.rules import postings
from settlement.rules.chart import AccountKind, TransactionKind
from settlement.rules.gateway import TERM, Remote, Told, differences
from settlement.rules.methods import GATEWAY_METHODS, PaymentMethod, PaymentPurpose
from settlement.states import (
    OPEN_PAYMENTS,
    PAYMENT_TRANSITIONS,
    AccountState,
    PaymentAction,
    PaymentState,
)
from settlement.steps.attempts import give_up
from settlement.steps.charges import locked_charge, locked_trade
from settlement.steps.deductions import book_shortfall_payment
from settlement.steps.payments import PaymentTooLarge, book_payment
from settlement.steps.refunds import REFERENCE_BYTES

UNDER_WAY = (*OPEN_PAYMENTS, PaymentState.HELD)
OVER_DUE = "over_due"
NEVER_SENT = "never_sent"
NEVER_ARRIVED = "never_arrived"
CANCELLED = "cancelled"
EXPIRED = "expired"


class AttemptUnderWay(Conflict):
    """A payment of this is under way already; finish it or give it up first."""

    code = "attempt_under_way"


class AccountNotReady(Conflict):
    """The provider cannot be paid in this way; pay by bank transfer."""

    code = "gateway_account_not_ready"


class MethodNotOnline(Refused):
    """A bank transfer is confirmed by the provider that received it; nothing is begun for it here."""

    code = "method_not_online"


PAYING_ONLINE = (GatewayOff, MethodNotOnline, AttemptUnderWay, AccountNotReady)
"""What may stand against paying online."""


@dataclass(frozen=True)
class Attempt:
    """An attempt with all that its end may move, locked."""

    payment: Payment
    details: GatewayPayment
    charge: OrderCharge
    shortfall: Shortfall | None


def open_attempt(
    *,
    order_id: int,
    amount_fen: int,
    method: PaymentMethod,
    public_url: str,
    actor: Actor,
    now: datetime,
    shortfall: Shortfall | None = None,
) -> Payment:
    """Record that a user pays an order, or a locked shortfall of it, online. The gateway is asked after the commit.

    Raises :class:`~settlement.gateways.GatewayOff`, :class:`MethodNotOnline`, :class:`AttemptUnderWay`,
    :class:`AccountNotReady`, :class:`OrderNotCharged` and :class:`PaymentTooLarge`.
    """
    current = require_transaction()
    if method not in GATEWAY_METHODS:
        raise MethodNotOnline
    name = gateway().name
    charge = locked_charge(order_id)
    due = locked_trade(AccountKind.DUE_FROM_USER, charge).balance_fen if shortfall is None else shortfall.open_fen
    if amount_fen > due:
        raise PaymentTooLarge(amount=yuan_text(amount_fen), due=yuan_text(due))
    purpose = PaymentPurpose.ORDER if shortfall is None else PaymentPurpose.SHORTFALL
    _require_none_under_way(order_id, purpose)
    account = _ready_account(charge.provider_id, method)
    payment = Payment(
        order_id=order_id,
        purpose=purpose,
        shortfall_id=None if shortfall is None else shortfall.id,
        payer_id=charge.user_id,
        payee_id=charge.provider_id,
        method=method,
        reference=f"payment-{secrets.token_hex(REFERENCE_BYTES)}",
        amount_fen=amount_fen,
        refunded_fen=0,
        state=PAYMENT_TRANSITIONS.initial,
        recorded_by=actor.user_id,
        recorded_at=now,
    )
    current.add(payment)
    audit.record(
        actor=actor,
        now=now,
        action="begin_payment",
        subject=payment,
        to_state=payment.state,
        data={"amount_fen": amount_fen, "method": method.value},
    )
    current.add(
        GatewayPayment(
            payment_id=payment.id,
            gateway=name,
            account=account,
            return_url=f"{public_url}/payments/{payment.id}",
            expires_at=now + TERM,
            received_fen=0,
            asks=0,
            ask_at=now,
        )
    )
    current.flush()
    return payment


def locked_attempt(payment_id: int) -> Attempt:
    """An attempt with its shortfall, charge and both rows of its own, locked in this order."""
    current = require_transaction()
    order_id, shortfall_id = current.execute(
        select(Payment.order_id, Payment.shortfall_id).where(Payment.id == payment_id)
    ).one()
    shortfall = None
    if shortfall_id is not None:
        shortfall = current.scalars(
            select(Shortfall)
            .where(Shortfall.id == shortfall_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()
    charge = locked_charge(order_id)
    payment = current.scalars(
        select(Payment).where(Payment.id == payment_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    details = current.scalars(
        select(GatewayPayment)
        .where(GatewayPayment.payment_id == payment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    return Attempt(payment, details, charge, shortfall)


def take_answer(attempt: Attempt, remote: Remote, *, now: datetime) -> None:
    """Take in what the gateway says of a locked attempt, as often and in whatever order it says so.

    Only a success that agrees in every figure is posted; what differs, or is more than is due, waits for a person.
    """
    payment, details = attempt.payment, attempt.details
    differs = differences(
        remote,
        reference=payment.reference,
        amount_fen=payment.amount_fen,
        account=details.account,
        intent_id=details.intent_id,
        session_id=details.session_id,
    )
    if differs:
        _hold_back(attempt, differs, remote=remote, now=now)
        return
    _note(details, remote, now=now)
    if remote.told is Told.SUCCEEDED:
        _succeed(attempt, now=now)
    elif payment.state is PaymentState.HELD and remote.told is Told.CANCELLED and details.received_fen == 0:
        release(attempt, actor=SYSTEM, now=now)
    elif payment.state in OPEN_PAYMENTS:
        _go_on(attempt, remote, now=now)


def lose_sight(attempt: Attempt, *, now: datetime) -> None:
    """The reply to a request that may have begun the payment was lost: whether it did is unknown, and asked again."""
    known = attempt.details.intent_id or attempt.details.session_id
    if attempt.payment.state is PaymentState.CREATED and known is None:
        _move(attempt, PaymentAction.LOSE_SIGHT, now=now)


def fail(attempt: Attempt, cause: str, *, now: datetime) -> None:
    """The attempt took no money and never will."""
    if attempt.payment.state in OPEN_PAYMENTS:
        attempt.details.failure = attempt.details.failure or cause
        _end(attempt.details)
        _move(attempt, PaymentAction.FAIL, now=now, failure=attempt.details.failure)


def release(attempt: Attempt, *, actor: Actor, now: datetime, note: str | None = None) -> None:
    """A held payment is over: what it took, if anything, went back."""
    _end(attempt.details)
    apply(
        attempt.payment,
        PaymentAction.RELEASE,
        transitions=PAYMENT_TRANSITIONS,
        actor=actor,
        now=now,
        note=note,
    )


def _require_none_under_way(order_id: int, purpose: PaymentPurpose) -> None:
    under_way = select(Payment.id).where(
        Payment.order_id == order_id,
        Payment.purpose == purpose,
        Payment.method.in_(GATEWAY_METHODS),
        Payment.state.in_(UNDER_WAY),
    )
    found = require_transaction().scalars(under_way).first()
    if found is not None:
        raise AttemptUnderWay(number=found, extra={"payment_id": found})


def _ready_account(provider_id: int, method: PaymentMethod) -> str:
    account = (
        require_transaction()
        .scalars(select(GatewayAccount).where(GatewayAccount.organisation_id == provider_id))
        .one_or_none()
    )
    if account is None or account.account is None or account.state is not AccountState.READY:
        raise AccountNotReady
    if method.value not in account.methods:
        raise AccountNotReady
    return account.account


def _note(details: GatewayPayment, remote: Remote, *, now: datetime) -> None:
    details.first_sent_at = details.first_sent_at or now
    details.intent_id = details.intent_id or remote.intent_id
    details.session_id = details.session_id or remote.session_id
    details.charge_id = remote.charge_id or details.charge_id
    details.status = remote.status
    details.received_fen = max(details.received_fen, remote.received_fen)
    details.failure = remote.failure or details.failure
    details.next_url, details.qr_data = remote.next_url, remote.qr_data


def _succeed(attempt: Attempt, *, now: datetime) -> None:
    payment, details = attempt.payment, attempt.details
    if payment.state not in OPEN_PAYMENTS:
        if payment.state is PaymentState.FAILED:
            # It was over for us, and the money came all the same.
            _hold_back(attempt, {OVER_DUE: [0, payment.amount_fen]}, remote=None, now=now)
        return
    due = _due(attempt)
    if payment.amount_fen > due:
        _hold_back(attempt, {OVER_DUE: [due, payment.amount_fen]}, remote=None, now=now)
        return
    _end(details)
    if attempt.shortfall is not None:
        book_shortfall_payment(payment, attempt.shortfall, actor=SYSTEM, now=now)
        return
    book_payment(
        payment,
        attempt.charge,
        postings.payment_received(order_id=payment.order_id, amount_fen=payment.amount_fen),
        kind=TransactionKind.PAYMENT_RECEIVED,
        actor=SYSTEM,
        now=now,
    )


def _due(attempt: Attempt) -> int:
    if attempt.shortfall is not None:
        return attempt.shortfall.open_fen
    return locked_trade(AccountKind.DUE_FROM_USER, attempt.charge).balance_fen


def _go_on(attempt: Attempt, remote: Remote, *, now: datetime) -> None:
    if remote.told is Told.CANCELLED:
        fail(attempt, CANCELLED if attempt.details.given_up_at else EXPIRED, now=now)
        return
    if attempt.payment.state is PaymentState.UNKNOWN:
        _move(attempt, PaymentAction.REAPPEAR, now=now)
    if remote.told is Told.DECLINED:
        # Somebody could still pay it with other means; it is over only once the gateway has cancelled it.
        give_up(attempt.details, actor=SYSTEM, now=now)


def _hold_back(attempt: Attempt, differs: dict[str, Any], *, remote: Remote | None, now: datetime) -> None:
    """Keep what does not fit for a person; what is posted stays as it is, and is shown."""
    payment, details = attempt.payment, attempt.details
    details.held_for = {**(details.held_for or {}), **differs}
    if remote is not None:
        details.first_sent_at = details.first_sent_at or now
        details.status = remote.status
        details.received_fen = max(details.received_fen, remote.received_fen)
        if remote.reference == payment.reference:
            details.intent_id = details.intent_id or remote.intent_id
            details.session_id = details.session_id or remote.session_id
    _end(details)
    if payment.state is PaymentState.HELD:
        if remote is not None and remote.told is Told.CANCELLED and details.received_fen == 0:
            release(attempt, actor=SYSTEM, now=now)
    elif payment.state in (*OPEN_PAYMENTS, PaymentState.FAILED):
        _move(attempt, PaymentAction.HOLD_BACK, now=now, differences=differs)
    elif details.flagged_at is None:
        details.flagged_at = now
        audit.record(actor=SYSTEM, now=now, action="flag", subject=payment, data={"differences": differs})


def _end(details: GatewayPayment) -> None:
    details.next_url = details.qr_data = details.ask_at = None


def _move(attempt: Attempt, action: PaymentAction, *, now: datetime, **data: Any) -> None:
    apply(attempt.payment, action, transitions=PAYMENT_TRANSITIONS, actor=SYSTEM, now=now, data=data)
