"""What whoever looks at an order may do next, as buttons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import url_for

from core import clock
from core.pages.language import t
from core.permissions import Actor
from instruments.queries import attended_order, users_check_in
from marketplace.models import Order
from marketplace.permissions import is_beneficiary_side, is_provider_side
from marketplace.queries.namings import complaint_about
from marketplace.service.complaints import REFUSED
from marketplace.service.usage import SERVED
from marketplace.states import ORDER, PAYABLE, OrderAction, OrderState
from settlement.gateways import gateway_is_on
from settlement.queries.payments import methods_to
from settlement.queries.trade import OrderMoney

_PROVIDER_ONLY = {
    OrderAction.ACCEPT: "accept",
    OrderAction.START: "start",
    OrderAction.DELIVER: "deliver",
    OrderAction.DECLINE: "decline",
}
_EITHER = {OrderAction.COMPLETE: "complete", OrderAction.CANCEL: "cancel"}
_SETBACKS = {OrderAction.DECLINE, OrderAction.CANCEL}


def next_actions(order: Order, money: OrderMoney, *, actor: Actor) -> list[dict[str, Any]]:
    """Buttons in the order of the deal; what ends it comes last."""
    return sorted(_actions(order, money, actor), key=lambda action: bool(action.get("danger")))


def _actions(order: Order, money: OrderMoney, actor: Actor) -> Iterator[dict[str, Any]]:
    provides, uses = is_provider_side(actor, order), is_beneficiary_side(actor, order)
    allowed = ORDER.actions(order.state)
    if OrderAction.CONTRACT in allowed and _unsigned(order, provides=provides, uses=uses):
        yield _button("sign", "order_contract", order, primary=True)
    if uses and OrderAction.RESCHEDULE in allowed and order.has_booking and not order.is_half_signed:
        yield _button("move", "booking_change", order)
    if provides and order.state in PAYABLE and money.due_fen > 0:
        yield _button("pay", "order_payment", order, primary=True)
    if uses and order.state in REFUSED and complaint_about(order.id) is None:
        yield {
            "label": t("page.complaint_new.title"),
            "href": url_for("naming_pages.complain", order_id=order.id),
        }
    if uses and order.state in PAYABLE and money.due_fen > 0 and gateway_is_on() and methods_to(order.provider_id):
        yield _button("pay_online", "online_payment", order, primary=True)
    if (provides or uses) and order.state in SERVED:
        yield from _of_use(order, provides=provides)
    for action, view in {**(_PROVIDER_ONLY if provides else {}), **(_EITHER if provides or uses else {})}.items():
        if action in allowed:
            setback = action in _SETBACKS
            yield _button(view, _FORMS[view], order, primary=not setback, danger=setback)
    if provides and may_waive(order):
        yield _button("waive_fee", "fee_waiver", order)
    if provides and OrderAction.CANCEL in allowed and _may_be_missed(order):
        yield _button("no_show", "order_no_show", order, danger=True)


def _of_use(order: Order, *, provides: bool) -> Iterator[dict[str, Any]]:
    """Who comes and leaves, where time was booked; and for the provider the log of what was used."""
    if order.quote.during is not None:
        found = attended_order(order.id)
        if found is not None and found.left_at is None and (provides or users_check_in(found.booking.instrument_id)):
            view = "check_in" if found.came_at is None else "check_out"
            label = t(f"page.order_{view}.title")
            yield {"label": label, "href": url_for(f"order_use_pages.{view}", order_id=order.id)}
    if provides:
        yield {"label": t("page.order_use.title"), "href": url_for("order_use_pages.log", order_id=order.id)}


_FORMS = {
    "accept": "order_accept",
    "decline": "order_decline",
    "start": "order_start",
    "deliver": "order_delivery",
    "complete": "order_completion",
    "cancel": "order_cancel",
}


def may_waive(order: Order) -> bool:
    """Whether its user owes a fee that the provider has not waived."""
    return order.fee_fen is not None and order.fee_waiver is None


def _may_be_missed(order: Order) -> bool:
    """Whether its booking is over and nobody is known to have come."""
    slot = order.during
    if slot is None or not order.has_booking or order.state is OrderState.PLACED:
        return False
    if clock.now() < slot.start + slot.duration:
        return False
    found = attended_order(order.id)
    return found is not None and found.came_at is None and not found.logged_hours


def _unsigned(order: Order, *, provides: bool, uses: bool) -> bool:
    return (provides and order.provider_signed_at is None) or (uses and order.beneficiary_signed_at is None)


def _button(view: str, form: str, order: Order, *, primary: bool = False, danger: bool = False) -> dict[str, Any]:
    return {
        "label": t(f"page.{form}.title"),
        "href": url_for(f"order_step_pages.{view}", order_id=order.id),
        "primary": primary,
        "danger": danger,
    }
