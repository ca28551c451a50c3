"""What goes back through the gateway: every refund, and what became of it (V16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accounts.queries.names import organisation_names
from core.http import allow, current_actor
from core.pages import Column, NavEntry, Pages, Table, link_to, table_page
from core.pages.tables import choice
from settlement import permissions
from settlement.models import GatewayRefund
from settlement.pages.words import source_words
from settlement.queries.payments import visible_refunds
from settlement.rules.chart import order_owner
from settlement.states import RefundState

refunds = Pages(
    "refund_pages",
    __name__,
    navigation=(NavEntry("refunds", "refund_pages.index", "money", permissions.may_read_payments, order=47),),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A refund as the table shows it."""

    refund: GatewayRefund
    payer: str
    payee: str


def _rows(found: Sequence[GatewayRefund]) -> list[Row]:
    payments = [each.payment for each in found]
    names = organisation_names({each.payer_id for each in payments} | {each.payee_id for each in payments})
    return [Row(each, names[each.payment.payer_id], names[each.payment.payee_id]) for each in found]


REFUNDS = Table(
    name="payment-refunds",
    key=GatewayRefund.id,
    default_sort="-number",
    empty="page.refunds.empty",
    prepare=_rows,
    filters=[choice("state", GatewayRefund.state, RefundState)],
    columns=[
        Column(
            "number",
            lambda row: row.refund.id,
            sort=GatewayRefund.id,
            link=lambda row: link_to("payment", row.refund.payment_id),
        ),
        Column("order", lambda row: source_words(order_owner(row.refund.payment.order_id))),
        Column("purpose", lambda row: row.refund.payment.purpose, kind="term"),
        Column("payer", lambda row: row.payer),
        Column("payee", lambda row: row.payee),
        Column("amount", lambda row: row.refund.amount_fen, kind="money", sort=GatewayRefund.amount_fen),
        Column("state", lambda row: row.refund.state, kind="state", sort=GatewayRefund.state),
        Column("refund_failure", lambda row: row.refund.failure),
        Column("refund_asked_at", lambda row: row.refund.requested_at, kind="moment", sort=GatewayRefund.requested_at),
    ],
)


@refunds.get("/payments/refunds")
@allow(permissions.may_read_payments)
def index() -> Any:
    """The refunds in sight, the latest first."""
    return table_page(REFUNDS, visible_refunds(current_actor()), title="page.refunds.title")
