"""Invoices over HTTP. What is read here is what a file says; nobody asks the tax office."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Response
from werkzeug.datastructures import FileStorage

from accounts.schemas.standing import AnnulmentSchema
from accounts.steps.standing import AnnulledByAnother
from core import clock
from core.files import UPLOAD_PROBLEMS
from core.http import MULTIPART, Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.http.attachment import attachment
from core.states import StateForbids
from vouchers.api.claims import claims
from vouchers.models import CreditInvoice, InvoiceReading, Material
from vouchers.permissions import (
    may_ask_to_hand_in,
    may_decide_credits,
    may_read_claims,
    may_read_credits,
    may_register_credits,
    may_review,
)
from vouchers.queries.claims import ClaimMissing, Dossier, dossier, find_claim
from vouchers.queries.credits import (
    CreditMissing,
    CreditView,
    credit_views,
    find_credit,
    find_credit_document,
    visible_credits,
)
from vouchers.queries.invoices import ReadingMissing, ReadingView, find_reading, reading_view, readings_of
from vouchers.schemas.claims import ClaimSchema
from vouchers.schemas.invoices import (
    CreditDecisionSchema,
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
from vouchers.schemas.materials import ClaimMaterialSchema
from vouchers.service import credits as credit_service
from vouchers.service import invoices as service
from vouchers.service.credits import CreditKnown, CreditUnmatched, EnteredBySame
from vouchers.service.invoices import InvoiceUnreadable, LinesClosed, LinesRefused
from vouchers.service.reviews import SamePerson
from vouchers.steps.annulments import CreditSettled, ProvinceAnnuls
from vouchers.steps.credits import CreditRefused
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

    Those one's organisation entered, those that met a claim in sight with what is granted beyond what is left, and for
    offices those that wait about an invoice of such a claim.
    """
    state = given.pop("state", None)
    found = visible_credits(current_actor())
    page = page_of(found if state is None else found.where(CreditInvoice.state == state), **given, key=CreditInvoice.id)
    return {**page, "items": credit_views(page["items"], actor=current_actor())}


@credit_invoices.route("", methods=["POST"])
@allow(may_register_credits)
@problems(CreditRefused, CreditKnown, *UPLOAD_PROBLEMS)
@idempotent
@credit_invoices.arguments(NewCreditInvoiceSchema, location=MULTIPART)
@credit_invoices.response(201, CreditInvoiceSchema)
def register_credit(given: dict[str, Any]) -> CreditView:
    """Register a credit invoice

    Read from its file; what that does not say is typed. By the bureau of the claim's own city, the province or a party
    of the claim it has its effect at once: a draft loses the invoice, a submitted claim falls or is held back, an
    unpaid one is stopped (V19), for a paid one a clawback is due. Entered by anybody else it waits (`waiting`) for who
    decides about the claim, and is answered alike whether there is one or not (V6). It takes back no more than is left
    of the invoice, and of one nobody here knows no more than the policy says.
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
    return _credit(registered)


@credit_invoices.route("/<int:credit_id>", methods=["GET"])
@allow(may_read_credits)
@problems(CreditMissing)
@credit_invoices.response(200, CreditInvoiceSchema)
def show_credit(credit_id: int) -> CreditView:
    """One credit invoice

    What it says, whether it has its effect, and what became of it.
    """
    return _credit(find_credit(credit_id, actor=current_actor()))


@credit_invoices.route("/<int:credit_id>/document", methods=["GET"])
@allow(may_read_credits)
@problems(CreditMissing)
@credit_invoices.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
def credit_document(credit_id: int) -> Response:
    """Its document

    For offices and who entered it, as an attachment.
    """
    return attachment(find_credit_document(credit_id, actor=current_actor()))


@credit_invoices.route("/<int:credit_id>/decision", methods=["POST"])
@allow(may_decide_credits)
@problems(CreditMissing, CreditUnmatched, EnteredBySame, CreditRefused, CreditKnown, StateForbids)
@idempotent
@credit_invoices.arguments(CreditDecisionSchema)
@credit_invoices.response(201, CreditInvoiceSchema)
def decide_credit(given: dict[str, Any], credit_id: int) -> CreditView:
    """Take or reject a credit invoice that waits

    By the bureau of the claim's own city or the province, by another person than who entered it. Taken it has its
    effect now, within the bounds of the invoice as it stands.
    """
    return _credit(credit_service.decide_credit(credit_id=credit_id, **given, actor=current_actor(), now=clock.now()))


@credit_invoices.route("/<int:credit_id>/annulment", methods=["POST"])
@allow(may_decide_credits)
@problems(CreditMissing, CreditUnmatched, AnnulledByAnother, ProvinceAnnuls, CreditSettled, StateForbids)
@idempotent
@credit_invoices.arguments(AnnulmentSchema)
@credit_invoices.response(201, CreditInvoiceSchema)
def annul_credit(given: dict[str, Any], credit_id: int) -> CreditView:
    """Annul a credit invoice entered by mistake

    By another person than who entered or took it; of a confirmed claim by the province. What it did is undone: a draft
    has its invoice again, a claim under review rises within what is held, a stopped payment goes on. Refused once a sum
    was approved, confirmed or claimed back on it; the reasons say what to do instead.
    """
    return _credit(credit_service.annul_credit(credit_id=credit_id, **given, actor=current_actor(), now=clock.now()))


def _credit(credit: CreditInvoice) -> CreditView:
    return credit_views([credit], actor=current_actor())[0]


def _shown(claim_id: int, reading_id: int) -> ReadingView:
    claim = find_claim(claim_id, actor=current_actor())
    return reading_view(claim, find_reading(claim, reading_id), today=clock.today(clock.now()))
