"""Reads of payments and of what the gateway did with them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import contains_eager

from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from settlement.models import GatewayAccount, GatewayDispute, GatewayEvent, GatewayPayment, GatewayRefund, Payment
from settlement.queries.scope import concerns_visible
from settlement.rules.methods import GATEWAY_METHODS, PaymentMethod
from settlement.states import OPEN_PAYMENTS, OPEN_REFUNDS, AccountState, PaymentState, RefundState


class PaymentMissing(NotFound):
    """There is no such payment for this actor."""

    code = "payment_missing"


class RefundMissing(NotFound):
    """There is no such refund for this actor."""

    code = "refund_missing"


@dataclass(frozen=True)
class PaymentView:
    """A payment with the gateway's side of it, its refunds and disputes; of a bank transfer there is none."""

    payment: Payment
    details: GatewayPayment | None = None
    refunds: Sequence[GatewayRefund] = field(default=())
    disputes: Sequence[GatewayDispute] = field(default=())


def visible_payments(
    actor: Actor, *, state: PaymentState | None = None, method: PaymentMethod | None = None, order_id: int | None = None
) -> Select[tuple[Payment]]:
    """Payments an actor may see: both sides their own, a city those of its organisations, finance and auditor all."""
    found = select(Payment).where(concerns_visible(actor, Payment.payer_id, Payment.payee_id))
    if state is not None:
        found = found.where(Payment.state == state)
    if method is not None:
        found = found.where(Payment.method == method)
    return found if order_id is None else found.where(Payment.order_id == order_id)


class NeedsPerson(StrEnum):
    """Why a person looks after an online payment."""

    FLAGGED = "flagged"
    REFUND_FAILED = "refund_failed"


def looked_after(payments: Select[tuple[Payment]], why: NeedsPerson) -> Select[tuple[Payment]]:
    """Only the payments that a person must look after for this."""
    if why is NeedsPerson.FLAGGED:
        flagged = exists().where(GatewayPayment.payment_id == Payment.id, GatewayPayment.flagged_at.is_not(None))
        return payments.where(Payment.state.in_(OPEN_PAYMENTS), flagged)
    failed = exists().where(GatewayRefund.payment_id == Payment.id, GatewayRefund.state == RefundState.FAILED)
    return payments.where(failed)


def find_payment(payment_id: int, *, actor: Actor) -> Payment:
    """The payment if the actor may see it; raises :class:`PaymentMissing`."""
    payment = session().scalar(visible_payments(actor).where(Payment.id == payment_id))
    if payment is None:
        raise PaymentMissing
    return payment


def payment_views(payments: Collection[Payment]) -> list[PaymentView]:
    """Payments already found to be the actor's with what the gateway did, in three queries for all."""
    ids = [payment.id for payment in payments]
    if not ids:
        return []
    current = session()
    details = {
        each.payment_id: each
        for each in current.scalars(select(GatewayPayment).where(GatewayPayment.payment_id.in_(ids)))
    }
    refunds = current.scalars(
        select(GatewayRefund).where(GatewayRefund.payment_id.in_(ids)).order_by(GatewayRefund.id)
    ).all()
    disputes = current.scalars(
        select(GatewayDispute).where(GatewayDispute.payment_id.in_(ids)).order_by(GatewayDispute.id)
    ).all()
    return [
        PaymentView(
            payment,
            details.get(payment.id),
            [each for each in refunds if each.payment_id == payment.id],
            [each for each in disputes if each.payment_id == payment.id],
        )
        for payment in payments
    ]


def payment_view(payment: Payment) -> PaymentView:
    """The same for one."""
    return payment_views([payment])[0]


def visible_refunds(actor: Actor) -> Select[tuple[GatewayRefund]]:
    """Refunds of payments an actor may see."""
    return (
        select(GatewayRefund)
        .join(Payment, Payment.id == GatewayRefund.payment_id)
        .options(contains_eager(GatewayRefund.payment))
        .where(concerns_visible(actor, Payment.payer_id, Payment.payee_id))
    )


def find_refund(refund_id: int, *, actor: Actor) -> GatewayRefund:
    """The refund if the actor may see its payment; raises :class:`RefundMissing`."""
    refund = session().scalar(visible_refunds(actor).where(GatewayRefund.id == refund_id))
    if refund is None:
        raise RefundMissing
    return refund


def visible_disputes(actor: Actor) -> Select[tuple[GatewayDispute]]:
    """Disputes of payments an actor may see."""
    return (
        select(GatewayDispute)
        .join(Payment, Payment.id == GatewayDispute.payment_id)
        .options(contains_eager(GatewayDispute.payment))
        .where(concerns_visible(actor, Payment.payer_id, Payment.payee_id))
    )


def account_at_gateway(organisation_id: int | None) -> GatewayAccount | None:
    """An organisation's account at the gateway, if it ever asked for one."""
    found = select(GatewayAccount).where(GatewayAccount.organisation_id == organisation_id)
    return session().scalar(found)


def methods_to(provider_id: int) -> list[PaymentMethod]:
    """How a provider can be paid online."""
    account = account_at_gateway(provider_id)
    if account is None or account.state is not AccountState.READY:
        return []
    return [method for method in GATEWAY_METHODS if method.value in account.methods]


def attempt_under_way(order_id: int, *, shortfall_id: int | None = None) -> Payment | None:
    """What the user has begun to pay online and is not over."""
    found = select(Payment).where(
        Payment.order_id == order_id,
        Payment.shortfall_id == shortfall_id if shortfall_id is not None else Payment.shortfall_id.is_(None),
        Payment.method.in_(GATEWAY_METHODS),
        Payment.state.in_((*OPEN_PAYMENTS, PaymentState.HELD)),
    )
    return session().scalar(found)


def payments_to_ask(now: datetime, *, limit: int) -> Sequence[int]:
    """Attempts about which the gateway is to be asked by now, those that wait longest first."""
    found = select(GatewayPayment.payment_id).where(GatewayPayment.ask_at <= now).order_by(GatewayPayment.ask_at)
    return session().scalars(found.limit(limit)).all()


def refunds_to_ask(now: datetime, *, limit: int) -> Sequence[int]:
    """The same of refunds."""
    found = (
        select(GatewayRefund.id)
        .where(GatewayRefund.ask_at <= now, GatewayRefund.state.in_(OPEN_REFUNDS))
        .order_by(GatewayRefund.ask_at)
    )
    return session().scalars(found.limit(limit)).all()


def events_to_process(now: datetime, *, limit: int) -> Sequence[int]:
    """The same of the gateway's calls."""
    found = select(GatewayEvent.id).where(GatewayEvent.ask_at <= now).order_by(GatewayEvent.ask_at, GatewayEvent.id)
    return session().scalars(found.limit(limit)).all()
