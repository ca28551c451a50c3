"""Payments from users to providers: the list, one payment with where to pay it, and what banks contest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template, url_for

from accounts.queries.names import organisation_names
from core.http import allow, current_actor
from core.pages import Column, Filter, NavEntry, Pages, Table, link_to, table_page, term
from core.pages.language import t, yuan
from core.pages.links import source_link
from core.pages.qr_codes import qr_code
from core.pages.tables import choice
from core.permissions import Actor
from settlement import permissions
from settlement.models import GatewayDispute, Payment
from settlement.pages.gateway_words import in_words
from settlement.pages.words import source_words
from settlement.queries.payments import (
    NeedsPerson,
    PaymentView,
    find_payment,
    looked_after,
    payment_view,
    visible_disputes,
    visible_payments,
)
from settlement.rules.chart import order_owner
from settlement.rules.gateway_words import DisputeReason
from settlement.rules.methods import GATEWAY_METHODS, PaymentMethod
from settlement.states import OPEN_PAYMENTS, OPEN_REFUNDS, DisputeState, PaymentState

payments = Pages(
    "payment_pages",
    __name__,
    url_prefix="/payments",
    navigation=(NavEntry("payments", "payment_pages.index", "money", permissions.may_read_payments, order=45),),
    links={"payment": ("payment_pages.one", "payment_id")},
)
disputes = Pages(
    "dispute_pages",
    __name__,
    url_prefix="/disputes",
    navigation=(NavEntry("disputes", "dispute_pages.contested", "money", permissions.may_read_disputes, order=46),),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A payment as the table shows it."""

    payment: Payment
    payer: str
    payee: str


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """A dispute as the table shows it."""

    dispute: GatewayDispute
    payer: str
    payee: str


def _rows(found: Sequence[Payment]) -> list[Row]:
    names = organisation_names({each.payer_id for each in found} | {each.payee_id for each in found})
    return [Row(each, names[each.payer_id], names[each.payee_id]) for each in found]


def _dispute_rows(found: Sequence[GatewayDispute]) -> list[DisputeRow]:
    rows = _rows([each.payment for each in found])
    return [DisputeRow(each, row.payer, row.payee) for each, row in zip(found, rows, strict=True)]


def _reason(dispute: GatewayDispute) -> str:
    return in_words(dispute.reason, of=DisputeReason)


PAYMENTS = Table(
    name="payments",
    key=Payment.id,
    default_sort="-number",
    empty="page.payments.empty",
    prepare=_rows,
    filters=[
        choice("state", Payment.state, PaymentState),
        choice("method", Payment.method, PaymentMethod),
        Filter(
            "looked_after",
            lambda query, value: looked_after(query, NeedsPerson(value)),
            options=lambda: [(member.value, term(member)) for member in NeedsPerson],
        ),
    ],
    columns=[
        Column(
            "number",
            lambda row: row.payment.id,
            sort=Payment.id,
            link=lambda row: link_to("payment", row.payment.id),
        ),
        Column(
            "order",
            lambda row: source_words(order_owner(row.payment.order_id)),
            link=lambda row: source_link(order_owner(row.payment.order_id)),
        ),
        Column("payer", lambda row: row.payer),
        Column("payee", lambda row: row.payee),
        Column("method", lambda row: term(row.payment.method)),
        Column("amount", lambda row: row.payment.amount_fen, kind="money", sort=Payment.amount_fen),
        Column("refunded", lambda row: row.payment.refunded_fen, kind="money", sort=Payment.refunded_fen),
        Column("state", lambda row: row.payment.state, kind="state", sort=Payment.state),
        Column("recorded_at", lambda row: row.payment.recorded_at, kind="moment", sort=Payment.recorded_at),
    ],
)

DISPUTES = Table(
    name="disputes",
    key=GatewayDispute.id,
    default_sort="-number",
    empty="page.disputes.empty",
    prepare=_dispute_rows,
    filters=[choice("state", GatewayDispute.state, DisputeState)],
    columns=[
        Column("number", lambda row: row.dispute.id, sort=GatewayDispute.id),
        Column(
            "payment",
            lambda row: row.dispute.payment_id,
            link=lambda row: link_to("payment", row.dispute.payment_id),
        ),
        Column("payer", lambda row: row.payer),
        Column("payee", lambda row: row.payee),
        Column("amount", lambda row: row.dispute.amount_fen, kind="money", sort=GatewayDispute.amount_fen),
        Column("dispute_reason", lambda row: _reason(row.dispute)),
        Column("state", lambda row: row.dispute.state, kind="state", sort=GatewayDispute.state),
        Column("dispute_due", lambda row: row.dispute.due_by, kind="moment", sort=GatewayDispute.due_by),
        Column("opened_at", lambda row: row.dispute.opened_at, kind="moment", sort=GatewayDispute.opened_at),
    ],
)


@payments.get("")
@allow(permissions.may_read_payments)
def index() -> Any:
    """The payments in sight, the latest first."""
    return table_page(PAYMENTS, visible_payments(current_actor()), title="page.payments.title")


@disputes.get("")
@allow(permissions.may_read_disputes)
def contested() -> Any:
    """What banks contest; it is answered at the gateway."""
    return table_page(DISPUTES, visible_disputes(current_actor()), title="page.disputes.title")


@payments.get("/<int:payment_id>")
@allow(permissions.may_read_payments)
def one(payment_id: int) -> str:
    """One payment: where it is paid while it is open, how it stands, what went back."""
    actor = current_actor()
    view = payment_view(find_payment(payment_id, actor=actor))
    payment, details = view.payment, view.details
    paying = details is not None and payment.state in OPEN_PAYMENTS and permissions.its_payer(actor, payment)
    return render_template(
        "settlement/payment.html",
        payment=payment,
        details=details,
        next_words=t(f"page.payment.next.{_stage(view, paying=paying)}"),
        row=_rows([payment])[0],
        order=source_words(order_owner(payment.order_id)),
        order_href=source_link(order_owner(payment.order_id)),
        pay_url=details.next_url if paying and details is not None else None,
        code=_code(details.qr_data) if paying and details is not None and details.qr_data else None,
        held=_held_words(view),
        refunds=view.refunds,
        disputes=[_contested(each) for each in view.disputes],
        mends=permissions.may_mend_refund(actor, payment),
        actions=_actions(view, actor),
    )


def _contested(dispute: GatewayDispute) -> dict[str, Any]:
    return {
        "opened_at": dispute.opened_at,
        "amount_fen": dispute.amount_fen,
        "reason": _reason(dispute),
        "state": dispute.state,
        "due_by": dispute.due_by,
    }


def _stage(view: PaymentView, *, paying: bool) -> str:
    payment, details = view.payment, view.details
    if details is None:
        return "transfer"
    if payment.state is PaymentState.CREATED:
        if details.given_up_at is not None:
            return "given_up"
        if not paying:
            return "created"
        return "scan" if details.qr_data else "pay" if details.next_url else "begun"
    return payment.state.value


def _code(data: str) -> str:
    return qr_code(data)


def _held_words(view: PaymentView) -> list[tuple[str, str]]:
    """What does not fit, ours beside the gateway's."""
    found = (view.details.held_for if view.details is not None else None) or {}
    return [
        (f"held.{name}", t("page.payment.differs", ours=_shown(name, ours), theirs=_shown(name, theirs)))
        for name, (ours, theirs) in sorted(found.items())
    ]


def _shown(name: str, value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and name in {"amount_fen", "received_fen", "over_due"}:
        return yuan(value)
    return "—" if value is None else str(value)


def _actions(view: PaymentView, actor: Actor) -> list[dict[str, Any]]:
    payment, details = view.payment, view.details
    if details is None:
        return []
    found = []
    unsettled = payment.state in OPEN_PAYMENTS or any(each.state in OPEN_REFUNDS for each in view.refunds)
    if unsettled and permissions.may_inquire(actor):
        found.append(_button("inquire", "payment_inquiry", payment, primary=True))
    closes = payment.state is PaymentState.HELD and details.received_fen == 0
    unpaid = payment.state in OPEN_PAYMENTS and details.given_up_at is None
    if (unpaid and permissions.its_payer(actor, payment)) or (closes and permissions.may_release_held(actor)):
        found.append(_button("give_up", "payment_giving_up", payment, danger=True))
    unwanted = payment.state is PaymentState.HELD and not closes and not view.refunds
    given_back = _refundable(view) and permissions.its_payee(actor, payment)
    if given_back or (unwanted and permissions.may_release_held(actor)):
        found.append(_button("refund", "payment_refund", payment, danger=True))
    return found


def _refundable(view: PaymentView) -> bool:
    payment = view.payment
    return payment.state is PaymentState.SUCCEEDED and payment.method in GATEWAY_METHODS


def _button(view: str, form: str, payment: Payment, **how: bool) -> dict[str, Any]:
    return {
        "label": t(f"page.{form}.title"),
        "href": url_for(f"payment_action_pages.{view}", payment_id=payment.id),
        **how,
    }
