"""Orders: the list, one order with what is next, and its contract on paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template, url_for

from accounts.permissions import provider
from accounts.queries.names import organisation_names
from core import clock
from core.errors import NotFound
from core.http import allow, current_actor
from core.pages import Column, Filter, Lead, NavEntry, Pages, Table, link_to, table_page
from core.pages.language import t
from core.pages.tables import choice, typed_day
from instruments.pages.comparing import said
from instruments.queries import order_use
from instruments.rules.cancelling import FeeKind
from marketplace.models import Order
from marketplace.pages.order_actions import next_actions
from marketplace.pages.order_outage import outage_of
from marketplace.pages.order_parts import (
    booked_words,
    facts_of,
    next_words,
    order_events,
    pay_to,
    payments_shown,
    who_pays,
)
from marketplace.pages.quote_parts import price_facts
from marketplace.pages.signing import six_points
from marketplace.permissions import is_beneficiary_side, is_party, may_ask_quotes, may_read_orders
from marketplace.queries import explain_order, find_order, visible_orders
from marketplace.queries.orders import placed_from, placed_to, unpaid, with_words
from marketplace.queries.timelines import order_timeline
from marketplace.queries.unmet_needs import is_in_sight
from marketplace.service.usage import SERVED
from marketplace.states import OrderState
from settlement.queries import order_money
from vouchers.pages.claim_story import claim_events
from vouchers.pages.explaining import explanation_page
from vouchers.rules.facts import PaymentMode

orders = Pages(
    "order_pages",
    __name__,
    url_prefix="/orders",
    navigation=(NavEntry("orders", "order_pages.index", "deal", may_read_orders, order=10),),
    links={"order": ("order_pages.one", "order_id")},
)


class ContractMissing(NotFound):
    """Nobody has signed a contract for this order."""

    code = "contract_missing"


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
    lead=Lead("instruments", "table.find_instruments", may_ask_quotes),
    prepare=_rows,
    filters=[
        choice("state", Order.state, OrderState),
        choice("payment_mode", Order.payment_mode, PaymentMode),
        choice("fee_kind", Order.fee_kind, FeeKind),
        Filter(
            "unpaid",
            lambda query, _: query.where(unpaid()),
            options=lambda: [("unpaid", t("filter.unpaid_only"))],
        ),
        Filter("from", lambda query, typed: placed_from(query, typed_day(typed)), kind="day"),
        Filter("to", lambda query, typed: placed_to(query, typed_day(typed)), kind="day"),
        Filter("q", with_words),
    ],
    columns=[
        Column("number", lambda row: row.order.id, sort=Order.id, link=lambda row: link_to("order", row.order.id)),
        Column("service", lambda row: row.order.quote.title),
        Column("beneficiary", lambda row: row.beneficiary),
        Column("provider", lambda row: row.provider),
        Column("price", lambda row: row.order.price_fen, kind="money", sort=Order.price_fen),
        Column("subsidy", lambda row: row.order.subsidy_fen, kind="money", sort=Order.subsidy_fen),
        Column("placed_at", lambda row: row.order.placed_at, kind="moment", sort=Order.placed_at),
        Column("state", lambda row: row.order.state, kind="state", sort=Order.state),
    ],
)


USE_COLUMNS = [
    Column("compared", lambda row: row.kind, kind="term"),
    Column("time_from", lambda row: row.slot.start, kind="moment"),
    Column("time_to", lambda row: row.slot.end, kind="moment"),
    Column("booked_hours", lambda row: row.booked_hours, kind="number"),
    Column("logged_hours", lambda row: row.logged_hours, kind="number"),
    Column("measured_hours", lambda row: row.measured_hours, kind="number"),
    Column("difference", said),
]
"""What an order booked beside what was logged for it and measured."""


@orders.get("")
@allow(may_read_orders)
def index() -> Any:
    """The orders in sight, the latest first; a provider's way to those that wait for its answer stands above."""
    actor = current_actor()
    to_accept = {
        "label": t("page.orders.to_accept"),
        "href": url_for("order_pages.index", state=OrderState.PLACED.value, sort="placed_at"),
    }
    return table_page(
        ORDERS,
        visible_orders(actor),
        title="page.orders.title",
        actions=[to_accept] if provider(actor) else [],
    )


@orders.get("/<int:order_id>")
@allow(may_read_orders)
def one(order_id: int) -> str:
    """One order: its money, what is next and who has it, what happened."""
    actor = current_actor()
    order = find_order(order_id, actor=actor)
    money = order_money(order.id)
    uses = is_beneficiary_side(actor, order)
    used = order_use(order.id, now=clock.now()) if order.state in SERVED else []
    story = order_timeline(order, money=money, actor=actor, today=clock.today(clock.now()))
    return render_template(
        "marketplace/order.html",
        order=order,
        next_words=next_words(order, actor=actor),
        facts=facts_of(order, money),
        lines=[each.as_json() for each in order.lines],
        shows_need=is_in_sight(order.quote.unmet_need_id, actor=actor),
        shows_negotiation=order.quote.negotiation_id is not None and is_party(actor, order),
        uses=uses,
        used=used,
        use_columns=USE_COLUMNS,
        bar=who_pays(order, uses=uses, actor=actor),
        money=money,
        payments=payments_shown(order, actor=actor),
        pay_to=pay_to(order, money) if uses else None,
        claim_id=order.claim_id,
        events=order_events(story),
        claim_events=[] if story.claim is None else claim_events(story.claim),
        actions=next_actions(order, money, actor=actor),
        price_terms=price_facts(order.quote, order.quantity),
        points=six_points(order),
        outage=outage_of(order, uses=uses),
    )


@orders.get("/<int:order_id>/explanation")
@allow(may_read_orders)
def explanation(order_id: int) -> str:
    """Why the voucher pays what it pays of an order."""
    return explanation_page(explain_order(order_id, actor=current_actor()))


@orders.get("/<int:order_id>/contract-document")
@allow(may_read_orders)
def contract_document(order_id: int) -> str:
    """The contract as it is printed and stamped by both sides."""
    order = find_order(order_id, actor=current_actor())
    if order.contract_terms is None:
        raise ContractMissing
    return render_template(
        "marketplace/contract.html",
        order=order,
        names=organisation_names({order.beneficiary_id, order.provider_id}),
        booked=booked_words(order),
        price_terms=price_facts(order.quote, order.quantity),
        lines=[each.as_json() for each in order.quote.lines],
        points=six_points(order),
    )
