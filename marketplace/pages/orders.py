"""Orders: the list, one order with what is next, and each step of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, url_for

from accounts.permissions import provider
from accounts.queries.names import organisation_names
from core import clock
from core.http import allow, current_actor
from core.pages import Column, Done, EmptySchema, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.tables import choice
from marketplace import service
from marketplace.models import Order
from marketplace.pages.order_actions import next_actions
from marketplace.pages.order_parts import order_events, who_pays
from marketplace.permissions import may_cancel, may_complete, may_read_orders, may_sign
from marketplace.queries import find_order, visible_orders
from marketplace.schemas import (
    CancellationSchema,
    CompletionSchema,
    ConfirmedPaymentSchema,
    ContractSchema,
    DeclineSchema,
    DeliverySchema,
)
from marketplace.states import OrderState
from settlement.queries import order_money

orders = Pages(
    "order_pages",
    __name__,
    url_prefix="/orders",
    navigation=(NavEntry("orders", "order_pages.index", "deal", may_read_orders, order=10),),
    links={"order": ("order_pages.one", "order_id")},
)


@dataclass(frozen=True, slots=True)
class Row:
    """An order as the table shows it."""

    order: Order
    beneficiary: str
    provider: str


def _rows(found: Sequence[Order]) -> list[Row]:
    names = organisation_names({each.beneficiary_id for each in found} | {each.provider_id for each in found})
    return [Row(each, names[each.beneficiary_id], names[each.provider_id]) for each in found]


ORDERS = Table(
    name="orders",
    key=Order.id,
    default_sort="-number",
    empty="page.orders.empty",
    prepare=_rows,
    filters=[choice("state", Order.state, OrderState)],
    columns=[
        Column(
            "number",
            lambda row: row.order.id,
            sort=Order.id,
            kind="text",
            link=lambda row: link_to("order", row.order.id),
        ),
        Column("service", lambda row: row.order.quote.title),
        Column("beneficiary", lambda row: row.beneficiary),
        Column("provider", lambda row: row.provider),
        Column("price", lambda row: row.order.price_fen, kind="money", sort=Order.price_fen),
        Column("subsidy", lambda row: row.order.subsidy_fen, kind="money", sort=Order.subsidy_fen),
        Column("placed_at", lambda row: row.order.placed_at, kind="moment", sort=Order.placed_at),
        Column("state", lambda row: row.order.state, kind="state", sort=Order.state),
    ],
)


@orders.get("")
@allow(may_read_orders)
def index() -> Any:
    """The orders in sight, the latest first."""
    return table_page(ORDERS, visible_orders(current_actor()), title="page.orders.title")


@orders.get("/<int:order_id>")
@allow(may_read_orders)
def one(order_id: int) -> str:
    """One order: its money, what is next, what happened."""
    actor = current_actor()
    order = find_order(order_id, actor=actor)
    names = organisation_names({order.beneficiary_id, order.provider_id})
    return render_template(
        "marketplace/order.html",
        order=order,
        names=names,
        bar=who_pays(order),
        money=order_money(order.id),
        events=order_events(order, actor=actor),
        actions=next_actions(order, actor=actor),
    )


@orders.route("/<int:order_id>/acceptance", methods=["GET", "POST"])
@allow(provider)
def accept(order_id: int) -> Response:
    """The provider takes the order."""
    return _step(
        order_id,
        Form(EmptySchema, name="order_accept"),
        lambda _given: service.accept(order_id=order_id, actor=current_actor(), now=clock.now()),
    )


@orders.route("/<int:order_id>/decline", methods=["GET", "POST"])
@allow(provider)
def decline(order_id: int) -> Response:
    """The provider does not take it."""
    return _step(
        order_id,
        Form(DeclineSchema, name="order_decline"),
        lambda given: service.decline(order_id=order_id, **given, actor=current_actor(), now=clock.now()),
        confirms=True,
    )


@orders.route("/<int:order_id>/contract", methods=["GET", "POST"])
@allow(may_sign)
def sign(order_id: int) -> Response:
    """One side signs the contract; empty terms take the standard contract, or what the other side signed."""
    form = Form(ContractSchema, name="order_contract", leave_out=["terms"])
    return _step(
        order_id,
        form,
        lambda given: service.sign_contract(order_id=order_id, **given, actor=current_actor(), now=clock.now()),
        confirms=True,
    )


@orders.route("/<int:order_id>/payment", methods=["GET", "POST"])
@allow(provider)
def pay(order_id: int) -> Response:
    """The provider confirms what came in."""
    return _step(
        order_id,
        Form(ConfirmedPaymentSchema, name="order_payment"),
        lambda given: service.confirm_payment(order_id=order_id, **given, actor=current_actor(), now=clock.now()),
        confirms=True,
    )


@orders.route("/<int:order_id>/service-start", methods=["GET", "POST"])
@allow(provider)
def start(order_id: int) -> Response:
    """The provider begins."""
    return _step(
        order_id,
        Form(EmptySchema, name="order_start"),
        lambda _given: service.start_service(order_id=order_id, actor=current_actor(), now=clock.now()),
    )


@orders.route("/<int:order_id>/delivery", methods=["GET", "POST"])
@allow(provider)
def deliver(order_id: int) -> Response:
    """The provider hands the result over."""
    return _step(
        order_id,
        Form(DeliverySchema, name="order_delivery"),
        lambda given: service.deliver(order_id=order_id, **given, actor=current_actor(), now=clock.now()),
    )


@orders.route("/<int:order_id>/completion", methods=["GET", "POST"])
@allow(may_complete)
def complete(order_id: int) -> Response:
    """Either side states the day and the actual quantity."""
    order = find_order(order_id, actor=current_actor())
    form = Form(
        CompletionSchema,
        name="order_completion",
        initial={"completed_on": clock.today(clock.now()), "quantity": order.quantity},
    )
    return _step(
        order_id,
        form,
        lambda given: service.complete(order_id=order_id, **given, actor=current_actor(), now=clock.now()),
        confirms=True,
    )


@orders.route("/<int:order_id>/cancellation", methods=["GET", "POST"])
@allow(may_cancel)
def cancel(order_id: int) -> Response:
    """Either side gives the order up."""
    return _step(
        order_id,
        Form(CancellationSchema, name="order_cancel"),
        lambda given: service.cancel(order_id=order_id, **given, actor=current_actor(), now=clock.now()),
        confirms=True,
    )


def _step(order_id: int, form: Form, act: Any, *, confirms: bool = False) -> Response:
    """A step of an order: its form, and back to the order with word of what was done."""
    order = find_order(order_id, actor=current_actor())
    here = url_for("order_pages.one", order_id=order_id)

    def effect(given: dict[str, Any]) -> Done:
        act(given)
        return Done(here, f"page.{form.name}.done")

    facts = [("column.number", order.id), ("column.service", order.quote.title)]
    return form_page(form, effect=effect, back=here, confirms=confirms, facts=facts)
