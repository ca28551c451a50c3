"""Inspections of drawn claims over HTTP (V19)."""

from __future__ import annotations

from typing import Any

from flask import Response

from core import clock
from core.files import FileEmpty, FileTooLarge, FileTypeRefused
from core.http import MULTIPART, Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.http.attachment import attachment
from core.states import StateForbids
from settlement.models import PaymentStop
from settlement.schemas.stops import StopSchema
from settlement.steps import PayableInBatch, PaymentStopped
from vouchers.models import Finding, Inspection, InspectionEvidence
from vouchers.permissions import may_inspect, may_plan_inspections, may_read_inspections, may_stop_and_claw_back
from vouchers.queries.inspections import (
    EvidenceMissing,
    FindingView,
    InspectionMissing,
    InspectionView,
    find_evidence,
    inspection_view,
    views_of,
    visible_inspections,
)
from vouchers.schemas.findings import InspectionFindingSchema
from vouchers.schemas.inspections import (
    EvidenceItemSchema,
    EvidenceSchema,
    InspectionAssignmentSchema,
    InspectionQuerySchema,
    InspectionSchema,
    InspectionStopSchema,
    InspectionSummarySchema,
    NewFindingSchema,
    RefusalSchema,
    VisitSchema,
)
from vouchers.schemas.uploads import upload_of
from vouchers.service import inspections as service
from vouchers.service.inspections import FindingsUndecided, InspectionRefused, NotAnInspector, NothingToStop

inspections = Blueprint(
    "inspections", __name__, url_prefix="/inspections", description="Inspections of claims that were drawn (V19)."
)


@inspections.route("", methods=["GET"])
@allow(may_read_inspections)
@inspections.arguments(InspectionQuerySchema, location="query")
@inspections.response(200, page_schema(InspectionSummarySchema))
def list_inspections(given: dict[str, Any]) -> dict[str, Any]:
    """Inspections in sight

    Visits are unannounced: until one is concluded, only the province, the auditor and its inspectors see it.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    return page_of(visible_inspections(current_actor(), **given), cursor=cursor, limit=limit, key=Inspection.id)


@inspections.route("/<int:inspection_id>", methods=["GET"])
@allow(may_read_inspections)
@problems(InspectionMissing)
@inspections.response(200, InspectionSchema)
def show(inspection_id: int) -> InspectionView:
    """An inspection

    With its inspectors, what they saw, and the findings that the reader may see.
    """
    return inspection_view(inspection_id, actor=current_actor())


@inspections.route("/<int:inspection_id>/assignment", methods=["POST"])
@allow(may_plan_inspections)
@problems(InspectionMissing, StateForbids, InspectionRefused)
@idempotent
@inspections.arguments(InspectionAssignmentSchema)
@inspections.response(201, InspectionSchema)
def assign(given: dict[str, Any], inspection_id: int) -> InspectionView:
    """Say who goes and when

    At least two officers, none of whom submitted, reviewed or confirmed the claim. Again, it replaces the assignment.
    """
    service.assign(inspection_id=inspection_id, **given, actor=current_actor(), now=clock.now())
    return inspection_view(inspection_id, actor=current_actor())


@inspections.route("/<int:inspection_id>/visit", methods=["POST"])
@allow(may_inspect)
@problems(InspectionMissing, StateForbids, InspectionRefused, NotAnInspector)
@idempotent
@inspections.arguments(VisitSchema)
@inspections.response(201, InspectionSchema)
def visit(given: dict[str, Any], inspection_id: int) -> InspectionView:
    """Record the visit

    By one of its inspectors, with an answer to every item of the policy's checklist.
    """
    service.record_visit(inspection_id=inspection_id, **given, actor=current_actor(), now=clock.now())
    return inspection_view(inspection_id, actor=current_actor())


@inspections.route("/<int:inspection_id>/evidence", methods=["POST"])
@allow(may_inspect)
@problems(InspectionMissing, StateForbids, NotAnInspector, FileTooLarge, FileTypeRefused, FileEmpty)
@idempotent
@inspections.arguments(EvidenceSchema, location=MULTIPART)
@inspections.response(201, EvidenceItemSchema)
def add_evidence(given: dict[str, Any], inspection_id: int) -> InspectionEvidence:
    """Add a file

    By one of its inspectors, until the inspection is closed.
    """
    return service.add_evidence(
        inspection_id=inspection_id,
        upload=upload_of(given["file"]),
        title=given["title"],
        actor=current_actor(),
        now=clock.now(),
    )


@inspections.route("/<int:inspection_id>/evidence/<int:evidence_id>", methods=["GET"])
@allow(may_read_inspections)
@problems(EvidenceMissing)
@inspections.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
def download_evidence(inspection_id: int, evidence_id: int) -> Response:
    """A file's content

    As an attachment, for the offices; the parties of a claim have secrets from each other.
    """
    return attachment(find_evidence(inspection_id, evidence_id, actor=current_actor()).file)


@inspections.route("/<int:inspection_id>/findings", methods=["POST"])
@allow(may_inspect)
@problems(InspectionMissing, StateForbids, InspectionRefused, NotAnInspector)
@idempotent
@inspections.arguments(NewFindingSchema)
@inspections.response(201, InspectionFindingSchema)
def note_finding(given: dict[str, Any], inspection_id: int) -> FindingView:
    """Note a finding

    After the visit, by one of its inspectors. The party is told when the inspection is concluded.
    """
    found: Finding = service.note_finding(inspection_id=inspection_id, **given, actor=current_actor(), now=clock.now())
    return views_of([found])[0]


@inspections.route("/<int:inspection_id>/conclusion", methods=["POST"])
@allow(may_inspect)
@problems(InspectionMissing, StateForbids, NotAnInspector)
@idempotent
@inspections.response(201, InspectionSchema)
def conclude(inspection_id: int) -> InspectionView:
    """Conclude the visit

    Clean where nothing was noted, else faulty. Each party is told what was found against it and has its term to answer.
    """
    service.conclude(inspection_id=inspection_id, actor=current_actor(), now=clock.now())
    return inspection_view(inspection_id, actor=current_actor())


@inspections.route("/<int:inspection_id>/refusal", methods=["POST"])
@allow(may_inspect)
@problems(InspectionMissing, StateForbids, InspectionRefused, NotAnInspector)
@idempotent
@inspections.arguments(RefusalSchema)
@inspections.response(201, InspectionSchema)
def meet_refusal(given: dict[str, Any], inspection_id: int) -> InspectionView:
    """Conclude that a party refused to cooperate

    That is a finding by itself, which the party may answer.
    """
    service.meet_refusal(inspection_id=inspection_id, **given, actor=current_actor(), now=clock.now())
    return inspection_view(inspection_id, actor=current_actor())


@inspections.route("/<int:inspection_id>/payment-stop", methods=["POST"])
@allow(may_stop_and_claw_back)
@problems(InspectionMissing, NothingToStop, PaymentStopped, PayableInBatch, StateForbids)
@idempotent
@inspections.arguments(InspectionStopSchema)
@inspections.response(201, StopSchema(many=True))
def stop_payments(given: dict[str, Any], inspection_id: int) -> list[PaymentStop]:
    """Stop the payments of the claim

    Everything of its order that is to be paid is held out of the batches until the stop is lifted or the claim revoked.
    """
    return service.stop_payments(inspection_id=inspection_id, **given, actor=current_actor(), now=clock.now())


@inspections.route("/<int:inspection_id>/closing", methods=["POST"])
@allow(may_plan_inspections)
@problems(InspectionMissing, StateForbids, FindingsUndecided)
@idempotent
@inspections.response(201, InspectionSchema)
def close(inspection_id: int) -> InspectionView:
    """Close an inspection

    Once it is concluded and every finding is decided.
    """
    service.close(inspection_id=inspection_id, actor=current_actor(), now=clock.now())
    return inspection_view(inspection_id, actor=current_actor())
