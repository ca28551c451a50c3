"""Credit invoices: the list with what they leave to be done, and the form to register one."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Response, url_for
from werkzeug.datastructures import FileStorage

from core import clock
from core.http import allow, current_actor
from core.pages import Column, Done, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import t, term
from core.pages.tables import choice
from vouchers.models import CreditInvoice
from vouchers.permissions import may_read_credits, may_register_credits
from vouchers.queries.credits import credit_views, visible_credits
from vouchers.rules.invoices.credits import CreditEffect
from vouchers.schemas.invoices import NewCreditInvoiceSchema, credit_of
from vouchers.service import credits as service

credit_pages = Pages(
    "credit_pages",
    __name__,
    url_prefix="/credit-invoices",
    navigation=(NavEntry("credit_invoices", "credit_pages.index", "claims", may_read_credits, order=40),),
)

CREDITS = Table(
    name="credit_invoices",
    key=CreditInvoice.id,
    default_sort="-registered_at",
    empty="page.credit_invoices.empty",
    prepare=lambda found: credit_views(found, actor=current_actor()),
    filters=[choice("effect", CreditInvoice.effect, CreditEffect)],
    columns=[
        Column("credit_number", lambda row: row.number),
        Column("original_number", lambda row: row.original_number),
        Column(
            "credited",
            lambda row: row.amount_incl_tax_fen,
            kind="money",
            sort=CreditInvoice.amount_incl_tax_fen,
        ),
        Column("issued_on", lambda row: row.issued_on, kind="day", sort=CreditInvoice.issued_on),
        Column("registered_at", lambda row: row.registered_at, kind="moment", sort=CreditInvoice.registered_at),
        Column(
            "claim",
            lambda row: row.claim_id,
            link=lambda row: None if row.claim_id is None else link_to("claim", row.claim_id),
            kind="text",
        ),
        Column("effect", lambda row: row.effect, kind="term"),
        Column("excess", lambda row: row.excess_fen, kind="money"),
        Column("credit_source", lambda row: row.opinion),
    ],
)


@credit_pages.get("")
@allow(may_read_credits)
def index() -> Any:
    """Credit invoices in sight, the latest first."""
    actor = current_actor()
    actions = [{"label": t("page.credit_invoice.title"), "href": url_for("credit_pages.new"), "primary": True}]
    return table_page(
        CREDITS,
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
        shown = credit_views([registered], actor=current_actor())[0].effect or CreditEffect.RECORDED
        return Done(url_for("credit_pages.index"), "page.credit_invoice.done", {"effect": term(shown)})

    form = Form(NewCreditInvoiceSchema, name="credit_invoice")
    return form_page(form, effect=effect, back=url_for("credit_pages.index"), confirms=True)
