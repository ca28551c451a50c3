"""Payments, refunds and disputes over HTTP."""

from __future__ import annotations

from typing import Any

from core import clock
from core.http import Blueprint, CursorSchema, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from settlement import permissions
from settlement.api.pursuing import linked, pursued
from settlement.gateways import GatewayOff
from settlement.models import GatewayDispute, GatewayRefund, Payment
from settlement.queries.payments import (
    PaymentMissing,
    PaymentView,
    RefundMissing,
    account_at_gateway,
    find_payment,
    payment_view,
    payment_views,
    visible_disputes,
    visible_payments,
)
from settlement.schemas.payments import (
    DisputeSchema,
    GatewayAccountSchema,
    GatewayRefundSchema,
    NewRefundSchema,
    OnboardingSchema,
    PaymentQuerySchema,
    PaymentSchema,
    RefundTransferSchema,
)
from settlement.service import gateway_accounts
from settlement.service import payments as service
from settlement.service.gateway_accounts import AccountMissing, GatewaySilent
from settlement.service.payments import NothingToGiveUp, NotOnline, NotRefundable, RefundWhole
from settlement.steps.payments import RefundTooLarge

payments = Blueprint("payments", __name__, url_prefix="/payments", description="What users pay providers.")
refunds = Blueprint("payment-refunds", __name__, url_prefix="/payment-refunds", description="Refunds that failed.")
disputes = Blueprint("disputes", __name__, url_prefix="/disputes", description="Charges that banks contest.")
accounts = Blueprint(
    "gateway-account", __name__, url_prefix="/gateway-account", description="A provider's account at the gateway."
)


@payments.route("", methods=["GET"])
@allow(permissions.may_read_payments)
@payments.arguments(PaymentQuerySchema, location="query")
@payments.response(200, page_schema(PaymentSchema))
def list_payments(given: dict[str, Any]) -> dict[str, Any]:
    """Payments in sight

    Both sides see their own; province, finance and auditor all.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    page = page_of(visible_payments(current_actor(), **given), cursor=cursor, limit=limit, key=Payment.id)
    return {**page, "items": payment_views(page["items"])}


@payments.route("/<int:payment_id>", methods=["GET"])
@allow(permissions.may_read_payments)
@problems(PaymentMissing)
@payments.response(200, PaymentSchema)
def show_payment(payment_id: int) -> PaymentView:
    """A payment

    With where the user pays it, what went back, and what is contested.
    """
    return payment_view(find_payment(payment_id, actor=current_actor()))


@payments.route("/<int:payment_id>/inquiry", methods=["POST"])
@allow(permissions.may_inquire)
@problems(PaymentMissing, NotOnline)
@pursued()
@idempotent
@payments.response(201, PaymentSchema)
def inquire(payment_id: int) -> PaymentView:
    """Ask the gateway now

    How an open payment and its refunds stand. The worker asks by itself too.
    """
    return payment_view(service.inquire(payment_id=payment_id, actor=current_actor(), now=clock.now()))


@payments.route("/<int:payment_id>/cancellation", methods=["POST"])
@allow(permissions.may_give_up_payment)
@problems(PaymentMissing, NotOnline, NothingToGiveUp)
@pursued()
@idempotent
@payments.response(201, PaymentSchema)
def give_up(payment_id: int) -> PaymentView:
    """Give a payment up

    By its payer; by finance where it is held and took nothing. What was paid meanwhile counts all the same.
    """
    return payment_view(service.give_up(payment_id=payment_id, actor=current_actor(), now=clock.now()))


@payments.route("/<int:payment_id>/refunds", methods=["POST"])
@allow(permissions.may_refund)
@problems(PaymentMissing, NotOnline, NotRefundable, RefundWhole, RefundTooLarge, StateForbids)
@pursued()
@idempotent
@payments.arguments(NewRefundSchema)
@payments.response(201, PaymentSchema)
def refund(given: dict[str, Any], payment_id: int) -> PaymentView:
    """Give money back

    By the provider, in part or whole: the sum is due again. By finance, a held payment in whole.
    """
    return payment_view(service.refund(payment_id=payment_id, **given, actor=current_actor(), now=clock.now()))


@refunds.route("/<int:refund_id>/retry", methods=["POST"])
@allow(permissions.may_refund)
@problems(RefundMissing, StateForbids)
@idempotent
@refunds.response(201, GatewayRefundSchema)
def retry(refund_id: int) -> GatewayRefund:
    """Try a failed refund again

    Under a new key; the worker asks within a minute.
    """
    return service.retry_refund(refund_id=refund_id, actor=current_actor(), now=clock.now())


@refunds.route("/<int:refund_id>/transfer", methods=["POST"])
@allow(permissions.may_refund)
@problems(RefundMissing, StateForbids)
@idempotent
@refunds.arguments(RefundTransferSchema)
@refunds.response(201, GatewayRefundSchema)
def note_transfer(given: dict[str, Any], refund_id: int) -> GatewayRefund:
    """Record that a failed refund was paid back by bank"""
    return service.note_transfer(refund_id=refund_id, **given, actor=current_actor(), now=clock.now())


@disputes.route("", methods=["GET"])
@allow(permissions.may_read_disputes)
@disputes.arguments(CursorSchema, location="query")
@disputes.response(200, page_schema(DisputeSchema))
def list_disputes(given: dict[str, Any]) -> dict[str, Any]:
    """Disputes in sight

    They are answered at the gateway; here they are shown.
    """
    return page_of(visible_disputes(current_actor()), **given, key=GatewayDispute.id)


@accounts.route("", methods=["GET"])
@allow(permissions.may_enrol)
@problems(AccountMissing)
@accounts.response(200, GatewayAccountSchema)
def show_account() -> Any:
    """One's own account at the gateway"""
    account = account_at_gateway(current_actor().organisation_id)
    if account is None:
        raise AccountMissing
    return account


@accounts.route("/onboarding", methods=["POST"])
@allow(permissions.may_enrol)
@problems(GatewayOff, GatewaySilent)
@linked
@idempotent
@accounts.response(201, OnboardingSchema)
def onboard() -> dict[str, Any]:
    """Open or complete one's account at the gateway

    There is one account; each call answers a new address for completing it. The gateway itself tells when it is ready.
    """
    account = gateway_accounts.enrol(actor=current_actor(), now=clock.now())
    return {**{name: getattr(account, name) for name in GatewayAccountSchema().fields}, "url": None}
