"""Claims over HTTP."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Response
from werkzeug.datastructures import FileStorage

from accounts.queries.documents import OrganisationDocumentMissing
from accounts.steps import ConflictOfInterest
from core import clock
from core.files import UPLOAD_PROBLEMS
from core.http import MULTIPART, Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.http.attachment import attachment
from core.states import StateForbids
from settlement.steps import PayableInBatch
from settlement.steps.clawbacks import PayableMoving
from vouchers.models import Claim, Material
from vouchers.permissions import may_ask_to_hand_in, may_confirm, may_read_claims, may_review
from vouchers.queries.claim_timelines import ClaimTimeline, claim_timeline
from vouchers.queries.claims import (
    ClaimMissing,
    Dossier,
    MaterialMissing,
    dossier,
    find_material,
    find_whole_claim,
    visible_claims,
)
from vouchers.queries.deadlines import with_due
from vouchers.queries.explanations import Explanation, explain
from vouchers.queries.rounds import told_rounds
from vouchers.schemas.claims import (
    CityReviewSchema,
    ClaimQuerySchema,
    ClaimSchema,
    ClaimSummarySchema,
    ConfirmationSchema,
    RevocationSchema,
    SubmissionSchema,
)
from vouchers.schemas.explanations import ExplanationSchema
from vouchers.schemas.materials import CertifiedMaterialSchema, ClaimMaterialSchema, NewClaimMaterialSchema, invoice_of
from vouchers.schemas.rounds import ClaimRoundsSchema
from vouchers.schemas.timelines import ClaimTimelineSchema
from vouchers.service import claims as service
from vouchers.service import reviews
from vouchers.service.claims import MaterialRefused, SubmissionRefused, Upload
from vouchers.service.reviews import ConfirmationRefused, ReviewRefused, SamePerson, SummaryNotDispatched
from vouchers.steps.cases import CaseHeld
from vouchers.steps.guards import MaterialsClosed, NotTheClaimant
from vouchers.steps.invoices import InvoiceCredited, InvoiceRefused, InvoiceTaken

claims = Blueprint("claims", __name__, url_prefix="/claims", description="Claims: materials, review, confirmation.")


@claims.route("", methods=["GET"])
@allow(may_read_claims)
@claims.arguments(ClaimQuerySchema, location="query")
@claims.response(200, page_schema(ClaimSummarySchema))
def list_claims(given: dict[str, Any]) -> dict[str, Any]:
    """Claims in sight

    One's own, an incubator's teams', a bureau's city's. `state=submitted` is a bureau's queue.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    page = page_of(visible_claims(current_actor(), **given), cursor=cursor, limit=limit, key=Claim.id)
    return {**page, "items": with_due(page["items"], today=clock.today(clock.now()))}


@claims.route("/<int:claim_id>", methods=["GET"])
@allow(may_read_claims)
@problems(ClaimMissing)
@claims.response(200, ClaimSchema)
def show(claim_id: int) -> Dossier:
    """A claim

    With its materials, reviews, story and payment: who has it, until when, what is next.
    """
    return _shown(claim_id)


@claims.route("/<int:claim_id>/timeline", methods=["GET"])
@allow(may_read_claims)
@problems(ClaimMissing)
@claims.response(200, ClaimTimelineSchema)
def timeline(claim_id: int) -> ClaimTimeline:
    """The way of a claim

    Who has it, since when, what is next and by when, from submission to payment. Officials are told of by their role,
    one's own people by name.
    """
    return claim_timeline(_shown(claim_id), actor=current_actor(), today=clock.today(clock.now()))


@claims.route("/<int:claim_id>/rounds", methods=["GET"])
@allow(may_read_claims)
@problems(ClaimMissing)
@claims.response(200, ClaimRoundsSchema)
def list_rounds(claim_id: int) -> dict[str, Any]:
    """The rounds of a claim

    Every submission with what changed since the one before, and the return that ended it: each defect with the
    claimant's answer (V17 return).
    """
    return {"items": told_rounds(find_whole_claim(claim_id, actor=current_actor()))}


@claims.route("/<int:claim_id>/explanation", methods=["GET"])
@allow(may_read_claims)
@problems(ClaimMissing)
@claims.response(200, ExplanationSchema)
def explanation(claim_id: int) -> Explanation:
    """Why a claim is worth what it is

    The frozen facts and policy version of its decision, judged again; what differs today is named.
    """
    return explain(claim_id, actor=current_actor())


@claims.route("/<int:claim_id>/materials", methods=["POST"])
@allow(may_ask_to_hand_in)
@problems(
    ClaimMissing,
    NotTheClaimant,
    MaterialsClosed,
    MaterialRefused,
    InvoiceTaken,
    InvoiceCredited,
    InvoiceRefused,
    *UPLOAD_PROBLEMS,
)
@idempotent
@claims.arguments(NewClaimMaterialSchema, location=MULTIPART)
@claims.response(201, ClaimMaterialSchema)
def add_material(given: dict[str, Any], claim_id: int) -> Material:
    """Add a material

    To a draft or a returned claim, by who hands it in. A newer file takes the place of an earlier one of its kind;
    `other` adds up. An invoice's number, and its file, supports one live claim; where the file can be read, what is
    typed must agree with it.
    """
    upload: FileStorage = given["file"]
    return service.add_material(
        claim_id=claim_id,
        kind=given["kind"],
        upload=Upload(cast(BinaryIO, upload.stream), upload.filename or ""),
        invoice=invoice_of(given),
        completed_on=given.get("completed_on"),
        actor=current_actor(),
        now=clock.now(),
    )


@claims.route("/<int:claim_id>/certified-materials", methods=["POST"])
@allow(may_ask_to_hand_in)
@problems(ClaimMissing, NotTheClaimant, MaterialsClosed, MaterialRefused, OrganisationDocumentMissing)
@idempotent
@claims.arguments(CertifiedMaterialSchema)
@claims.response(201, ClaimMaterialSchema)
def use_document(given: dict[str, Any], claim_id: int) -> Material:
    """Use a certified document

    Instead of a new upload, by who hands the claim in; it proves what its kind says. The claim keeps the file as it
    is today. What the claim needs and is certified already is also taken by itself when it is handed in.
    """
    return service.use_document(claim_id=claim_id, **given, actor=current_actor(), now=clock.now())


@claims.route("/<int:claim_id>/materials/<int:material_id>", methods=["GET"])
@allow(may_read_claims)
@problems(MaterialMissing)
@claims.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
def download_material(claim_id: int, material_id: int) -> Response:
    """A material's content

    As an attachment.
    """
    return attachment(find_material(claim_id, material_id, actor=current_actor()).file)


@claims.route("/<int:claim_id>/submission", methods=["POST"])
@allow(may_ask_to_hand_in)
@problems(ClaimMissing, NotTheClaimant, StateForbids, SubmissionRefused)
@idempotent
@claims.arguments(SubmissionSchema)
@claims.response(201, ClaimSchema)
def submit(given: dict[str, Any], claim_id: int) -> Dossier:
    """Hand a claim in

    For the first time, or again after its return. Everything missing is named at once.
    """
    service.submit(claim_id=claim_id, **given, actor=current_actor(), now=clock.now())
    return _shown(claim_id)


@claims.route("/<int:claim_id>/withdrawal", methods=["POST"])
@allow(may_ask_to_hand_in)
@problems(ClaimMissing, NotTheClaimant, StateForbids)
@idempotent
@claims.response(201, ClaimSchema)
def withdraw(claim_id: int) -> Dossier:
    """Withdraw a claim

    Before its review. What it held is free again; the user owes nothing.
    """
    service.withdraw(claim_id=claim_id, actor=current_actor(), now=clock.now())
    return _shown(claim_id)


@claims.route("/<int:claim_id>/city-review", methods=["POST"])
@allow(may_review)
@problems(ClaimMissing, StateForbids, ReviewRefused, SamePerson, ConflictOfInterest, CaseHeld)
@idempotent
@claims.arguments(CityReviewSchema)
@claims.response(201, ClaimSchema)
def city_review(given: dict[str, Any], claim_id: int) -> Dossier:
    """Review a claim

    By the bureau of the user's city: approve all or part, return with every defect, or reject for good.
    """
    reviews.review(claim_id=claim_id, **given, actor=current_actor(), now=clock.now())
    return _shown(claim_id)


@claims.route("/<int:claim_id>/provincial-confirmation", methods=["POST"])
@allow(may_confirm)
@problems(
    ClaimMissing,
    StateForbids,
    ReviewRefused,
    ConfirmationRefused,
    SummaryNotDispatched,
    SamePerson,
    ConflictOfInterest,
    CaseHeld,
)
@idempotent
@claims.arguments(ConfirmationSchema)
@claims.response(201, ClaimSchema)
def confirm(given: dict[str, Any], claim_id: int) -> Dossier:
    """Confirm a claim

    By the province, once its summary was sent up: what the city approved is owed to the payee. Or send it back.
    """
    reviews.confirm(claim_id=claim_id, **given, actor=current_actor(), now=clock.now())
    return _shown(claim_id)


@claims.route("/<int:claim_id>/revocation", methods=["POST"])
@allow(may_confirm)
@problems(ClaimMissing, StateForbids, PayableInBatch, PayableMoving)
@idempotent
@claims.arguments(RevocationSchema)
@claims.response(201, ClaimSchema)
def revoke(given: dict[str, Any], claim_id: int) -> Dossier:
    """Stop the payment of a claim

    By the province, after fraud or a refusal to cooperate (V19). What was paid and not claimed back yet is claimed back
    at once, due as every clawback. While a batch holds it: only once that is discarded or the bank has answered.
    """
    reviews.revoke(claim_id=claim_id, **given, actor=current_actor(), now=clock.now())
    return _shown(claim_id)


def _shown(claim_id: int) -> Dossier:
    return dossier(claim_id, actor=current_actor(), today=clock.today(clock.now()))
