"""Credit invoices: the list with what they leave to be done, one with its document, and its forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, BinaryIO, cast

from flask import Response, render_template, url_for
from werkzeug.datastructures import FileStorage

from accounts.schemas.standing import AnnulmentSchema
from core import clock
from core.http import allow, current_actor
from core.http.attachment import attachment
from core.pages import Column, Done, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import t, term, yuan
from core.pages.tables import choice
from vouchers.models import CreditInvoice
from vouchers.permissions import may_decide_credits, may_read_credits, may_register_credits
from vouchers.queries.credits import (
    CreditView,
    credit_views,
    find_credit,
    find_credit_document,
    sees_all_credits,
    visible_credits,
)
from vouchers.rules.invoices.credits import CreditEffect
from vouchers.schemas.invoices import CreditDecisionSchema, NewCreditInvoiceSchema, credit_of
from vouchers.service import credits as service
from vouchers.states import CreditState

credit_pages = Pages(
    "credit_pages",
    __name__,
    url_prefix="/credit-invoices",
    navigation=(NavEntry("credit_invoices", "credit_pages.index", "claims", may_read_credits, order=40),),
    links={"credit_invoice": ("credit_pages.one", "credit_id")},
)

CREDITS = Table(
    name="credit_invoices",
    key=CreditInvoice.id,
    default_sort="-registered_at",
    empty="page.credit_invoices.empty",
    prepare=lambda found: credit_views(found, actor=current_actor()),
    filters=[choice("state", CreditInvoice.state, CreditState)],
    columns=[
        Column("credit_number", lambda row: row.number, link=lambda row: link_to("credit_invoice", row.id)),
        Column("original_number", lambda row: row.original_number),
        Column(
            "credited",
            lambda row: row.amount_incl_tax_fen,
            kind="money",
            sort=CreditInvoice.amount_incl_tax_fen,
        ),
        Column("issued_on", lambda row: row.issued_on, kind="day", sort=CreditInvoice.issued_on),
        Column("registered_at", lambda row: row.registered_at, kind="moment", sort=CreditInvoice.registered_at),
        Column("state", lambda row: row.state, kind="state", sort=CreditInvoice.state),
        Column(
            "claim",
            lambda row: row.claim_id,
            link=lambda row: None if row.claim_id is None else link_to("claim", row.claim_id),
            kind="text",
        ),
        Column("effect", lambda row: row.effect, kind="term"),
        Column("excess", lambda row: row.excess_fen, kind="money"),
    ],
)

ALL_CREDITS = replace(CREDITS, filters=[*CREDITS.filters, choice("effect", CreditInvoice.effect, CreditEffect)])
"""Narrowed by what they did only for who may see every claim: else the filter would tell it (V6)."""


@credit_pages.get("")
@allow(may_read_credits)
def index() -> Any:
    """Credit invoices in sight, the latest first."""
    actor = current_actor()
    actions = [{"label": t("page.credit_invoice.title"), "href": url_for("credit_pages.new"), "primary": True}]
    return table_page(
        ALL_CREDITS if sees_all_credits(actor) else CREDITS,
        visible_credits(actor),
        title="page.credit_invoices.title",
        actions=actions if may_register_credits(actor) else [],
    )


@credit_pages.route("/new", methods=["GET", "POST"])
@allow(may_register_credits)
def new() -> Response:
    """Register a credit invoice, from its file or typed."""

    def effect(given: dict[str, Any]) -> Done:
        upload: FileStorage = given["file"]
        registered = service.register_credit(
            typed=credit_of(given),
            opinion=given["opinion"],
            stream=cast(BinaryIO, upload.stream),
            filename=upload.filename or "",
            actor=current_actor(),
            now=clock.now(),
        )
        shown = _view(registered)
        here = link_to("credit_invoice", registered.id)
        if shown.state is CreditState.WAITING:
            return Done(here, "page.credit_invoice.waits")
        return Done(here, "page.credit_invoice.done", {"effect": term(shown.effect or CreditEffect.RECORDED)})

    form = Form(NewCreditInvoiceSchema, name="credit_invoice")
    return form_page(form, effect=effect, back=url_for("credit_pages.index"), confirms=True)


@credit_pages.get("/<int:credit_id>")
@allow(may_read_credits)
def one(credit_id: int) -> str:
    """One credit invoice: what it says, what it did, and what was decided about it."""
    view = _view(find_credit(credit_id, actor=current_actor()))
    return render_template("vouchers/credit_invoice.html", credit=view, actions=list(_actions(view)))


@credit_pages.get("/<int:credit_id>/document")
@allow(may_read_credits)
def document(credit_id: int) -> Response:
    """Its document."""
    return attachment(find_credit_document(credit_id, actor=current_actor()))


@credit_pages.route("/<int:credit_id>/decision", methods=["GET", "POST"])
@allow(may_decide_credits)
def decide(credit_id: int) -> Response:
    """Take one that waits, or reject it."""
    form = Form(CreditDecisionSchema, name="credit_decision", widgets={"decision": "radio", "opinion": "textarea"})
    return _step(credit_id, form, service.decide_credit)


@credit_pages.route("/<int:credit_id>/annulment", methods=["GET", "POST"])
@allow(may_decide_credits)
def annul(credit_id: int) -> Response:
    """Annul one that was entered by mistake."""
    form = Form(AnnulmentSchema, name="credit_annulment", widgets={"why": "textarea"}, ends=True)
    return _step(credit_id, form, service.annul_credit)


def _step(credit_id: int, form: Form, act: Callable[..., object]) -> Response:
    """A form about a credit invoice, and back to it."""
    actor = current_actor()
    view = _view(find_credit(credit_id, actor=actor))
    here = link_to("credit_invoice", view.id)

    def effect(given: dict[str, Any]) -> Done:
        act(credit_id=view.id, **given, actor=actor, now=clock.now())
        return Done(here, f"page.{form.name}.done")

    facts = [
        ("column.credit_number", view.number),
        ("column.original_number", view.original_number),
        ("column.credited", yuan(view.amount_incl_tax_fen)),
        ("column.credit_source", view.opinion),
        ("column.effect", None if view.effect is None else term(view.effect)),
    ]
    return form_page(form, effect=effect, back=here, confirms=True, facts=facts)


def _actions(view: CreditView) -> Iterator[dict[str, Any]]:
    if not may_decide_credits(current_actor()) or not view.may_be_decided:
        return
    if view.state is CreditState.WAITING:
        href = url_for("credit_pages.decide", credit_id=view.id)
        yield {"label": t("page.credit_decision.title"), "href": href, "primary": True}
    if view.state is CreditState.IN_FORCE:
        yield {"label": t("page.credit_annulment.title"), "href": url_for("credit_pages.annul", credit_id=view.id)}


def _view(credit: CreditInvoice) -> CreditView:
    return credit_views([credit], actor=current_actor())[0]
