"""What may be done about a payment, as forms."""

from __future__ import annotations

from typing import Any

from flask import Response

from core import clock
from core.http import allow, current_actor
from core.pages import Done, EmptySchema, Form, Pages, form_page, link_to, term
from core.pages.language import yuan
from settlement import permissions
from settlement.models import GatewayRefund, Payment
from settlement.queries.payments import find_payment, find_refund
from settlement.schemas.payments import NewRefundSchema, RefundTransferSchema
from settlement.service import payments as service
from settlement.service.online import pursue

payment_actions = Pages("payment_action_pages", __name__, url_prefix="/payments")


@payment_actions.route("/<int:payment_id>/inquiry", methods=["GET", "POST"])
@allow(permissions.may_inquire)
def inquire(payment_id: int) -> Response:
    """Ask the gateway how it stands, now."""
    payment = find_payment(payment_id, actor=current_actor())

    def effect(_given: dict[str, Any]) -> Done:
        service.inquire(payment_id=payment_id, actor=current_actor(), now=clock.now())
        return _pursued(payment_id, "page.payment_inquiry.done")

    return form_page(
        Form(EmptySchema, name="payment_inquiry"), effect=effect, back=_page(payment_id), facts=_facts(payment)
    )


@payment_actions.route("/<int:payment_id>/cancellation", methods=["GET", "POST"])
@allow(permissions.may_give_up_payment)
def give_up(payment_id: int) -> Response:
    """Not to be paid after all."""
    payment = find_payment(payment_id, actor=current_actor())

    def effect(_given: dict[str, Any]) -> Done:
        service.give_up(payment_id=payment_id, actor=current_actor(), now=clock.now())
        return _pursued(payment_id, "page.payment_giving_up.done")

    form = Form(EmptySchema, name="payment_giving_up", ends=True)
    return form_page(form, effect=effect, back=_page(payment_id), confirms=True, facts=_facts(payment))


@payment_actions.route("/<int:payment_id>/refund", methods=["GET", "POST"])
@allow(permissions.may_refund)
def refund(payment_id: int) -> Response:
    """Give it back, in part or whole."""
    payment = find_payment(payment_id, actor=current_actor())

    def effect(given: dict[str, Any]) -> Done:
        service.refund(payment_id=payment_id, **given, actor=current_actor(), now=clock.now())
        return _pursued(payment_id, "page.payment_refund.done")

    form = Form(NewRefundSchema, name="payment_refund", ends=True)
    return form_page(form, effect=effect, back=_page(payment_id), confirms=True, facts=_facts(payment))


@payment_actions.route("/refunds/<int:refund_id>/retry", methods=["GET", "POST"])
@allow(permissions.may_refund)
def retry(refund_id: int) -> Response:
    """Try a failed refund again."""
    found = find_refund(refund_id, actor=current_actor())
    payment_id = found.payment_id

    def effect(_given: dict[str, Any]) -> Done:
        service.retry_refund(refund_id=refund_id, actor=current_actor(), now=clock.now())
        return _pursued(payment_id, "page.refund_retry.done")

    form = Form(EmptySchema, name="refund_retry")
    return form_page(form, effect=effect, back=_page(payment_id), confirms=True, facts=_refund_facts(found))


@payment_actions.route("/refunds/<int:refund_id>/transfer", methods=["GET", "POST"])
@allow(permissions.may_refund)
def transfer(refund_id: int) -> Response:
    """A failed refund was paid back by bank."""
    found = find_refund(refund_id, actor=current_actor())
    payment_id = found.payment_id

    def effect(given: dict[str, Any]) -> Done:
        service.note_transfer(refund_id=refund_id, **given, actor=current_actor(), now=clock.now())
        return Done(_page(payment_id), "page.refund_transfer.done")

    form = Form(RefundTransferSchema, name="refund_transfer")
    return form_page(form, effect=effect, back=_page(payment_id), confirms=True, facts=_refund_facts(found))


def _pursued(payment_id: int, said: str) -> Done:
    """Back to the payment, once the gateway was asked."""
    return Done(_page(payment_id), said, then=lambda: pursue(payment_id, now=clock.now()))


def _page(payment_id: int) -> str:
    return link_to("payment", payment_id)


def _facts(payment: Payment) -> list[tuple[str, object]]:
    return [
        ("column.order", payment.order_id),
        ("column.method", term(payment.method)),
        ("column.amount", yuan(payment.amount_fen)),
        ("column.refunded", yuan(payment.refunded_fen)),
        ("column.state", term(payment.state)),
    ]


def _refund_facts(refund: GatewayRefund) -> list[tuple[str, object]]:
    return [
        ("column.payment", refund.payment_id),
        ("column.amount", yuan(refund.amount_fen)),
        ("column.state", term(refund.state)),
    ]
