"""An invoice is read, shown beside the order and confirmed; the reviewer says which of its lines count."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Response, render_template, url_for
from werkzeug.datastructures import FileStorage

from core import clock
from core.http import allow, current_actor
from core.pages import Done, Form, Pages, form_page, link_to
from vouchers.models import Claim
from vouchers.pages.comparing import compared_rows
from vouchers.permissions import is_claimant, may_ask_to_hand_in, may_read_claims, may_review
from vouchers.queries.claims import find_claim
from vouchers.queries.invoices import ReadingView, find_reading, judged_lines, reading_view
from vouchers.rules.invoices.comparing import SHOWN, Concern, Typed, completed
from vouchers.rules.invoices.facts import ReadInvoice
from vouchers.rules.invoices.items import LineMark
from vouchers.schemas.invoices import LineMarkSchema, NewInvoiceReadingSchema, TypedInvoiceSchema, typed_of
from vouchers.service import invoices as service
from vouchers.states import OPEN_FOR_MATERIALS
from vouchers.steps.guards import require_claimant

invoice_pages = Pages("invoice_pages", __name__, url_prefix="/claims")

_SHOWN_NAME = 40


@invoice_pages.route("/<int:claim_id>/invoice-reading", methods=["GET", "POST"])
@allow(may_ask_to_hand_in)
def read(claim_id: int) -> Response:
    """Upload an invoice to have it read."""
    actor = current_actor()
    claim = find_claim(claim_id, actor=actor)
    require_claimant(actor, claim)

    def effect(given: dict[str, Any]) -> Done:
        upload: FileStorage = given["file"]
        reading = service.read(
            claim_id=claim_id,
            stream=cast(BinaryIO, upload.stream),
            filename=upload.filename or "",
            actor=actor,
            now=clock.now(),
        )
        return Done(url_for("invoice_pages.show", claim_id=claim_id, reading_id=reading.id))

    form = Form(NewInvoiceReadingSchema, name="invoice_reading")
    return form_page(form, effect=effect, back=link_to("claim", claim_id))


@invoice_pages.get("/<int:claim_id>/invoices/<int:reading_id>")
@allow(may_read_claims)
def show(claim_id: int, reading_id: int) -> str:
    """What was read, beside the order."""
    actor = current_actor()
    view = _view(find_claim(claim_id, actor=actor), reading_id)
    return render_template("vouchers/invoice_reading.html", may_confirm=_may_confirm(view), **_beside(view))


@invoice_pages.route("/<int:claim_id>/invoices/<int:reading_id>/confirmation", methods=["GET", "POST"])
@allow(may_ask_to_hand_in)
def confirm(claim_id: int, reading_id: int) -> Response:
    """Take what was read for the claim, with what the file does not say."""
    actor = current_actor()
    claim = find_claim(claim_id, actor=actor)
    require_claimant(actor, claim)
    view = _view(claim, reading_id)

    def effect(given: dict[str, Any]) -> Done:
        service.confirm(claim_id=claim_id, reading_id=reading_id, typed=typed_of(given), actor=actor, now=clock.now())
        return Done(link_to("claim", claim_id), "page.invoice_confirmation.done")

    return form_page(
        _confirmation_form(view),
        effect=effect,
        back=url_for("invoice_pages.show", claim_id=claim_id, reading_id=reading_id),
        template="vouchers/invoice_confirmation.html",
        **_beside(view),
    )


@invoice_pages.route("/<int:claim_id>/invoice-lines", methods=["GET", "POST"])
@allow(may_review)
def mark(claim_id: int) -> Response:
    """Say of a line whether it counts, and why."""
    actor = current_actor()
    claim = find_claim(claim_id, actor=actor)
    lines = judged_lines(claim.invoice)

    def effect(given: dict[str, Any]) -> Done:
        service.mark_lines(claim_id=claim_id, marks=[LineMark(**given)], actor=actor, now=clock.now())
        return Done(url_for("claim_review_pages.review", claim_id=claim_id), "page.invoice_lines.done")

    named = [(str(each.line_no), f"{each.line_no} {each.line.name[:_SHOWN_NAME]}") for each in lines]
    form = Form(LineMarkSchema, name="invoice_lines", options={"line_no": named}, widgets={"line_no": "select"})
    return form_page(
        form,
        effect=effect,
        back=url_for("claim_review_pages.review", claim_id=claim_id),
        template="vouchers/invoice_lines.html",
        claim=claim,
        lines=lines,
    )


def _view(claim: Claim, reading_id: int) -> ReadingView:
    return reading_view(claim, find_reading(claim, reading_id), today=clock.today(clock.now()))


def _beside(view: ReadingView) -> dict[str, Any]:
    return {
        "claim": view.claim,
        "reading": view.reading,
        "compared": compared_rows(view.compared),
        "lines": view.lines,
        "confirmed": view.confirmed,
        "is_refused": any(each.concern is Concern.REFUSAL for each in view.compared),
    }


def _may_confirm(view: ReadingView) -> bool:
    return is_claimant(current_actor(), view.claim) and view.claim.state in OPEN_FOR_MATERIALS and not view.confirmed


def _confirmation_form(view: ReadingView) -> Form:
    """Only the fields that the file leaves out."""
    read = view.reading.invoice or ReadInvoice()
    said = [SHOWN.get(name, name) for name in Typed.__dataclass_fields__ if getattr(read, name) is not None]
    _, missing = completed(Typed(), read)
    # A read invoice without a buyer's code is made out to people; it is not asked for again.
    left_out = [*said, "buyer_uscc"] if view.reading.invoice is not None else said
    return Form(
        TypedInvoiceSchema,
        name="invoice_confirmation",
        leave_out=left_out,
        required=[each.field for each in missing if each.field is not None],
    )
