"""Stops of payment: payables held out of the batches (V19)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, url_for

from accounts.queries.names import organisation_names
from core import clock
from core.http import allow, current_actor
from core.pages import Column, Done, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import t, yuan
from core.pages.tables import choice
from settlement import permissions
from settlement.models import Payable, PaymentStop
from settlement.pages.words import source_words
from settlement.queries.payables import find_payable
from settlement.queries.stops import find_stop, visible_stops
from settlement.schemas.stops import LiftingSchema, NewStopSchema
from settlement.service import stops as service
from settlement.states import PayableState, StopState

stops = Pages(
    "stop_pages",
    __name__,
    navigation=(NavEntry("payment_stops", "stop_pages.index", "money", permissions.may_read_stops, order=55),),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A stop as the table shows it."""

    stop: PaymentStop
    payable: Payable
    payee: str


def _rows(found: Sequence[PaymentStop]) -> list[Row]:
    names = organisation_names(each.payable.payee_id for each in found)
    return [Row(each, each.payable, names[each.payable.payee_id]) for each in found]


STOPS = Table(
    name="payment-stops",
    key=PaymentStop.id,
    default_sort="-number",
    empty="page.payment_stops.empty",
    prepare=_rows,
    filters=[choice("state", PaymentStop.state, StopState)],
    columns=[
        Column("number", lambda row: row.stop.id, sort=PaymentStop.id, link=lambda row: _link(row.stop)),
        Column("payee", lambda row: row.payee),
        Column("amount", lambda row: row.payable.amount_fen, kind="money", sort=Payable.amount_fen),
        Column("state", lambda row: row.stop.state, kind="state", sort=PaymentStop.state),
        Column("stop_cause", lambda row: row.stop.cause),
        Column("ordered_at", lambda row: row.stop.ordered_at, kind="moment", sort=PaymentStop.ordered_at),
        Column("ended_at", lambda row: row.stop.ended_at, kind="moment", sort=PaymentStop.ended_at),
    ],
)


def _link(stop: PaymentStop) -> str:
    """To what may be done about it, or to the payable."""
    if stop.state is StopState.STANDING and permissions.may_stop_payment(current_actor()):
        return url_for("stop_pages.lift", stop_id=stop.id)
    return link_to("payable", stop.payable_id)


@stops.get("/payment-stops")
@allow(permissions.may_read_stops)
def index() -> Any:
    """Stops in sight, the latest first."""
    actor = current_actor()
    actions = []
    if permissions.may_stop_payment(actor):
        due = url_for("payable_pages.index", state=PayableState.DUE.value)
        actions = [{"label": t("page.payment_stops.choose"), "href": due}]
    return table_page(STOPS, visible_stops(actor), title="page.payment_stops.title", actions=actions)


@stops.route("/payables/<int:payable_id>/stop", methods=["GET", "POST"])
@allow(permissions.may_stop_payment)
def order(payable_id: int) -> Response:
    """Hold a payable out of the batches."""
    payable = find_payable(payable_id, actor=current_actor())
    here = link_to("payable", payable_id)

    def effect(given: dict[str, Any]) -> Done:
        service.order_stop(**given, actor=current_actor(), now=clock.now())
        return Done(here, "page.payment_stop_new.done")

    form = Form(NewStopSchema, name="payment_stop_new", fixed={"payable_id": payable_id}, leave_out=["source"])
    return form_page(form, effect=effect, back=here, confirms=True, facts=_facts(payable))


@stops.route("/payment-stops/<int:stop_id>/lifting", methods=["GET", "POST"])
@allow(permissions.may_stop_payment)
def lift(stop_id: int) -> Response:
    """Let it be paid in its turn again."""
    stop = find_stop(stop_id, actor=current_actor())

    def effect(given: dict[str, Any]) -> Done:
        service.lift(stop_id=stop_id, **given, actor=current_actor(), now=clock.now())
        return Done(link_to("payable", stop.payable_id), "page.payment_stop_lifting.done")

    form = Form(LiftingSchema, name="payment_stop_lifting")
    facts = [*_facts(stop.payable), ("column.stop_cause", stop.cause)]
    return form_page(form, effect=effect, back=url_for("stop_pages.index"), confirms=True, facts=facts)


def _facts(payable: Payable) -> list[tuple[str, str]]:
    return [
        ("column.what_for", source_words(payable.source)),
        ("column.payee", organisation_names([payable.payee_id])[payable.payee_id]),
        ("column.amount", yuan(payable.amount_fen)),
    ]
