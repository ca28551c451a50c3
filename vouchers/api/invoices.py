"""Invoices over HTTP. What is read here is what a file says; nobody asks the tax office."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from werkzeug.datastructures import FileStorage

from core import clock
from core.files import UPLOAD_PROBLEMS
from core.http import MULTIPART, Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from vouchers.api.claims import claims
from vouchers.models import CreditInvoice, InvoiceReading, Material
from vouchers.permissions import (
    may_ask_to_hand_in,
    may_read_claims,
    may_read_credits,
    may_register_credits,
    may_review,
)
from vouchers.queries.claims import ClaimMissing, Dossier, dossier, find_claim
from vouchers.queries.credits import CreditView, credit_views, visible_credits
from vouchers.queries.invoices import ReadingMissing, ReadingView, find_reading, reading_view, readings_of
from vouchers.schemas.claims import ClaimMaterialSchema, ClaimSchema
from vouchers.schemas.invoices import (
    CreditInvoiceQuerySchema,
    CreditInvoiceSchema,
    InvoiceReadingQuerySchema,
    InvoiceReadingSchema,
    LineMarksSchema,
    NewCreditInvoiceSchema,
    NewInvoiceReadingSchema,
    TypedInvoiceSchema,
    credit_of,
    marks_of,
    typed_of,
)
from vouchers.service import credits as credit_service
from vouchers.service import invoices as service
from vouchers.service.credits import CreditKnown
from vouchers.service.invoices import InvoiceUnreadable, LinesClosed, LinesRefused
from vouchers.service.reviews import SamePerson
from vouchers.steps.credits import CreditRefused, CreditUnmatched
from vouchers.steps.guards import MaterialsClosed, NotTheClaimant
from vouchers.steps.invoices import InvoiceCredited, InvoiceRefused, InvoiceTaken

credit_invoices = Blueprint(
    "credit_invoices", __name__, url_prefix="/credit-invoices", description="Credit invoices (红字发票)."
)


@claims.route("/<int:claim_id>/invoices", methods=["GET"])
@allow(may_read_claims)
@problems(ClaimMissing)
@claims.arguments(InvoiceReadingQuerySchema, location="query")
@claims.response(200, page_schema(InvoiceReadingSchema))
def list_readings(given: dict[str, Any], claim_id: int) -> dict[str, Any]:
    """Invoices of a claim as they were read

    Each beside the order, with its lines. This is no check at the tax office.
    """
    claim = find_claim(claim_id, actor=current_actor())
    page = page_of(readings_of(claim), **given, key=InvoiceReading.id)
    today = clock.today(clock.now())
    return {**page, "items": [reading_view(claim, each, today=today) for each in page["items"]]}


@claims.route("/<int:claim_id>/invoices", methods=["POST"])
@allow(may_ask_to_hand_in)
@problems(ClaimMissing, NotTheClaimant, MaterialsClosed, InvoiceUnreadable, *UPLOAD_PROBLEMS)
@idempotent
@claims.arguments(NewInvoiceReadingSchema, location=MULTIPART)
@claims.response(201, InvoiceReadingSchema)
def read_invoice(given: dict[str, FileStorage], claim_id: int) -> ReadingView:
    """Read an invoice

    For a draft or returned claim, by who hands it in. Nothing changes until it is confirmed. What it says is compared
    with the order; this is no check at the tax office.
    """
    upload = given["file"]
    reading = service.read(
        claim_id=claim_id,
        stream=cast(BinaryIO, upload.stream),
        filename=upload.filename or "",
        actor=current_actor(),
        now=clock.now(),
    )
    return _shown(claim_id, reading.id)


@claims.route("/<int:claim_id>/invoices/<int:reading_id>", methods=["GET"])
@allow(may_read_claims)
@problems(ClaimMissing, ReadingMissing)
@claims.response(200, InvoiceReadingSchema)
def show_reading(claim_id: int, reading_id: int) -> ReadingView:
    """An invoice as it was read

    Field by field beside the order.
    """
    return _shown(claim_id, reading_id)


@claims.route("/<int:claim_id>/invoices/<int:reading_id>/confirmation", methods=["POST"])
@allow(may_ask_to_hand_in)
@problems(ClaimMissing, ReadingMissing, NotTheClaimant, MaterialsClosed, InvoiceRefused, InvoiceTaken, InvoiceCredited)
@idempotent
@claims.arguments(TypedInvoiceSchema)
@claims.response(201, ClaimMaterialSchema)
def confirm_reading(given: dict[str, Any], claim_id: int, reading_id: int) -> Material:
    """Confirm an invoice

    The invoice and its file become the claim's. What the file does not say is typed here; what is typed otherwise than
    it says is refused.
    """
    return service.confirm(
        claim_id=claim_id, reading_id=reading_id, typed=typed_of(given), actor=current_actor(), now=clock.now()
    )


@claims.route("/<int:claim_id>/invoice-line-marks", methods=["POST"])
@allow(may_review)
@problems(ClaimMissing, LinesClosed, LinesRefused, SamePerson)
@idempotent
@claims.arguments(LineMarksSchema)
@claims.response(201, ClaimSchema)
def mark_lines(given: dict[str, Any], claim_id: int) -> Dossier:
    """Say which lines of the invoice count

    By the reviewer, each with a reason (V12 base). The last mark of a line holds; the claim follows with the approval,
    and until then a wrong mark is undone by another. What the invoice supports by then is its `counted_fen`.
    """
    now = clock.now()
    service.mark_lines(claim_id=claim_id, marks=marks_of(given), actor=current_actor(), now=now)
    return dossier(claim_id, actor=current_actor(), today=clock.today(now))


@credit_invoices.route("", methods=["GET"])
@allow(may_read_credits)
@credit_invoices.arguments(CreditInvoiceQuerySchema, location="query")
@credit_invoices.response(200, page_schema(CreditInvoiceSchema))
def list_credits(given: dict[str, Any]) -> dict[str, Any]:
    """Credit invoices

    Those one's office registered, and those that met a claim in sight; with what is granted beyond what is left.
    """
    page = page_of(visible_credits(current_actor()), **given, key=CreditInvoice.id)
    return {**page, "items": credit_views(page["items"], actor=current_actor())}


@credit_invoices.route("", methods=["POST"])
@allow(may_register_credits)
@problems(CreditRefused, CreditUnmatched, CreditKnown, *UPLOAD_PROBLEMS)
@idempotent
@credit_invoices.arguments(NewCreditInvoiceSchema, location=MULTIPART)
@credit_invoices.response(201, CreditInvoiceSchema)
def register_credit(given: dict[str, Any]) -> CreditView:
    """Register a credit invoice

    Read from its file; what that does not say is typed. By the bureau of the claim's own city, or by the province; of
    other cities' claims one learns nothing. It takes back no more than is left of the invoice. A draft loses the
    invoice, a submitted claim falls or is held back, an unpaid one is stopped (V19), for a paid one a clawback is due.
    """
    upload: FileStorage = given["file"]
    registered = credit_service.register_credit(
        typed=credit_of(given),
        opinion=given["opinion"],
        stream=cast(BinaryIO, upload.stream),
        filename=upload.filename or "",
        actor=current_actor(),
        now=clock.now(),
    )
    return credit_views([registered], actor=current_actor())[0]


def _shown(claim_id: int, reading_id: int) -> ReadingView:
    claim = find_claim(claim_id, actor=current_actor())
    return reading_view(claim, find_reading(claim, reading_id), today=clock.today(clock.now()))
