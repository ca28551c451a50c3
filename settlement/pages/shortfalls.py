"""Shortfalls: what users owe providers of refused deductions (V16(1))."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, current_app, make_response, redirect, render_template, request, url_for

from accounts.queries import acts_for
from accounts.queries.names import organisation_names
from core import clock
from core.http import allow, current_actor
from core.pages import Column, Done, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import t, yuan
from core.pages.links import source_link
from core.pages.submission import SEE_OTHER
from core.pages.tables import choice
from settlement import permissions
from settlement.gateways import gateway_is_on
from settlement.models import Payment, Shortfall
from settlement.pages.paying import begun_at, choice_form
from settlement.pages.remedy_parts import planned
from settlement.pages.words import source_words
from settlement.queries.payments import attempt_under_way, methods_to
from settlement.queries.proposals import proposals_about
from settlement.queries.trade import find_shortfall, open_between, payments_of, visible_shortfalls
from settlement.rules.chart import order_owner
from settlement.rules.methods import PaymentMethod
from settlement.schemas.debts import ShortfallPaymentSchema
from settlement.service import payments as payment_service
from settlement.service import shortfalls as service
from settlement.states import PaymentState, ShortfallState

shortfalls = Pages(
    "shortfall_pages",
    __name__,
    url_prefix="/shortfalls",
    navigation=(NavEntry("shortfalls", "shortfall_pages.index", "money", permissions.may_read_shortfalls, order=50),),
    links={"shortfall": ("shortfall_pages.one", "shortfall_id")},
)


@dataclass(frozen=True, slots=True)
class Row:
    """A shortfall as the table shows it."""

    shortfall: Shortfall
    debtor: str
    creditor: str


def _rows(found: Sequence[Shortfall]) -> list[Row]:
    names = organisation_names({each.debtor_id for each in found} | {each.creditor_id for each in found})
    return [Row(each, names[each.debtor_id], names[each.creditor_id]) for each in found]


SHORTFALLS = Table(
    name="shortfalls",
    key=Shortfall.id,
    default_sort="-number",
    empty="page.shortfalls.empty",
    prepare=_rows,
    filters=[choice("state", Shortfall.state, ShortfallState)],
    columns=[
        Column(
            "number",
            lambda row: row.shortfall.id,
            sort=Shortfall.id,
            link=lambda row: link_to("shortfall", row.shortfall.id),
        ),
        Column(
            "order",
            lambda row: source_words(order_owner(row.shortfall.order_id)),
            link=lambda row: source_link(order_owner(row.shortfall.order_id)),
        ),
        Column("debtor", lambda row: row.debtor),
        Column("creditor", lambda row: row.creditor),
        Column("amount", lambda row: row.shortfall.amount_fen, kind="money", sort=Shortfall.amount_fen),
        Column("open_sum", lambda row: row.shortfall.open_fen, kind="money"),
        Column("state", lambda row: row.shortfall.state, kind="state", sort=Shortfall.state),
        Column("opened_at", lambda row: row.shortfall.opened_at, kind="moment", sort=Shortfall.opened_at),
    ],
)


@shortfalls.get("")
@allow(permissions.may_read_shortfalls)
def index() -> Any:
    """What is owed to whom, with one's own sums on top."""
    actor = current_actor()
    found = visible_shortfalls(actor)
    owes, is_owed = (0, 0) if permissions.watches_payables(actor) else open_between(found, acts_for(actor))
    sums = [(key, yuan(fen)) for key, fen in (("fact.you_owe", owes), ("fact.owed_to_you", is_owed)) if fen]
    return table_page(
        SHORTFALLS, found, title="page.shortfalls.title", template="settlement/shortfalls.html", sums=sums
    )


@shortfalls.get("/<int:shortfall_id>")
@allow(permissions.may_read_shortfalls)
def one(shortfall_id: int) -> str:
    """One shortfall: who owes whom, and what was paid of it."""
    actor = current_actor()
    shortfall = find_shortfall(shortfall_id, actor=actor)
    confirms = shortfall.state is ShortfallState.OPEN and permissions.its_creditor(actor, shortfall)
    actions = []
    if confirms:
        pay = url_for("shortfall_pages.pay", shortfall_id=shortfall_id)
        actions = [{"label": t("page.shortfall_payment.title"), "href": pay, "primary": True}]
    owes = shortfall.state is ShortfallState.OPEN and permissions.its_debtor(actor, shortfall)
    if owes and gateway_is_on() and methods_to(shortfall.creditor_id):
        online = url_for("shortfall_pages.pay_online", shortfall_id=shortfall_id)
        actions.append({"label": t("page.online_payment.title"), "href": online, "primary": True})
    its_own = permissions.its_creditor(actor, shortfall)
    if confirms:
        actions += [
            {
                "label": t(f"page.shortfall_{name}.title"),
                "href": url_for(f"shortfall_remedy_pages.{name}", shortfall_id=shortfall_id),
            }
            for name in ("instalments", "write_off")
        ]
    payments = [each for each in payments_of(shortfall.order_id) if each.shortfall_id == shortfall_id]
    return render_template(
        "settlement/shortfall.html",
        row=_rows([shortfall])[0],
        shortfall=shortfall,
        order=source_words(order_owner(shortfall.order_id)),
        order_href=source_link(order_owner(shortfall.order_id)),
        owes=shortfall.debtor_id in acts_for(actor),
        payments=payments,
        correctable=[each for each in payments if its_own and _is_correctable(each)],
        plan=planned(shortfall),
        proposals=proposals_about(shortfall),
        actions=actions,
    )


def _is_correctable(payment: Payment) -> bool:
    """Whether it is a transfer that somebody confirmed by hand, and that stands."""
    return payment.method is PaymentMethod.BANK_TRANSFER and payment.state is PaymentState.SUCCEEDED


@shortfalls.route("/<int:shortfall_id>/online-payment", methods=["GET", "POST"])
@allow(permissions.may_pay)
def pay_online(shortfall_id: int) -> Response:
    """The user begins to pay it online; what it began already is shown instead."""
    shortfall = find_shortfall(shortfall_id, actor=current_actor())
    under_way = attempt_under_way(shortfall.order_id, shortfall_id=shortfall_id)
    if request.method == "GET" and under_way is not None:
        return make_response(redirect(link_to("payment", under_way.id), SEE_OTHER))

    def effect(given: dict[str, Any]) -> Done:
        begun = payment_service.pay_shortfall(
            shortfall_id=shortfall_id,
            **given,
            public_url=current_app.config["PUBLIC_URL"],
            actor=current_actor(),
            now=clock.now(),
        )
        return begun_at(begun.id)

    form = choice_form("online_payment", methods=methods_to(shortfall.creditor_id), due_fen=shortfall.open_fen)
    facts = [("column.creditor", _rows([shortfall])[0].creditor), ("column.open_sum", yuan(shortfall.open_fen))]
    return form_page(form, effect=effect, back=link_to("shortfall", shortfall_id), facts=facts)


@shortfalls.route("/<int:shortfall_id>/payment", methods=["GET", "POST"])
@allow(permissions.may_confirm_shortfall_payment)
def pay(shortfall_id: int) -> Response:
    """The provider confirms what arrived; nothing typed is all that is open."""
    shortfall = find_shortfall(shortfall_id, actor=current_actor())
    here = link_to("shortfall", shortfall_id)

    def effect(given: dict[str, Any]) -> Done:
        sums = {name: given[name] for name in ("amount_fen", "reference")}
        service.confirm_payment(shortfall_id=shortfall_id, **sums, actor=current_actor(), now=clock.now())
        return Done(here, "page.shortfall_payment.done")

    facts = [("column.debtor", _rows([shortfall])[0].debtor), ("column.open_sum", yuan(shortfall.open_fen))]
    form = Form(
        ShortfallPaymentSchema,
        name="shortfall_payment",
        required=("reference",),
        initial={"amount_fen": shortfall.open_fen},
        fixed={"method": PaymentMethod.BANK_TRANSFER.value},
    )
    return form_page(form, effect=effect, back=here, confirms=True, facts=facts)
