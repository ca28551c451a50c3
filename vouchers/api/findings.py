"""Findings over HTTP: the party's answer, the province's decision, money that must come back (V19, V21)."""

from __future__ import annotations

from typing import Any

from flask import Response

from core import clock
from core.files import FileEmpty, FileTooLarge, FileTypeRefused
from core.http import MULTIPART, Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.http.attachment import attachment
from core.states import StateForbids
from settlement.models import Clawback
from settlement.schemas.debts import ClawbackDetailSchema
from settlement.steps.clawbacks import ClawbackTooLarge, PayableMoving
from vouchers.models import Finding
from vouchers.permissions import (
    may_answer_findings,
    may_decide_findings,
    may_read_inspections,
    may_stop_and_claw_back,
)
from vouchers.queries.inspections import (
    EvidenceMissing,
    FindingMissing,
    FindingView,
    find_answer_file,
    find_finding,
    views_of,
    visible_findings,
)
from vouchers.schemas.findings import (
    FindingAnswerSchema,
    FindingClawbackSchema,
    FindingDecisionSchema,
    FindingQuerySchema,
    InspectionFindingSchema,
)
from vouchers.schemas.uploads import upload_or_none
from vouchers.service import findings as service
from vouchers.service.findings import AnswerAwaited, AnswerLate, FindingNotUpheld, InspectorDecides, PayoutUnclear

findings = Blueprint("findings", __name__, url_prefix="/findings", description="What inspections found (V19).")


@findings.route("", methods=["GET"])
@allow(may_read_inspections)
@findings.arguments(FindingQuerySchema, location="query")
@findings.response(200, page_schema(InspectionFindingSchema))
def list_findings(given: dict[str, Any]) -> dict[str, Any]:
    """Findings in sight

    A party sees those against it once they were told.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    page = page_of(visible_findings(current_actor(), **given), cursor=cursor, limit=limit, key=Finding.id)
    return {**page, "items": views_of(page["items"])}


@findings.route("/<int:finding_id>", methods=["GET"])
@allow(may_read_inspections)
@problems(FindingMissing)
@findings.response(200, InspectionFindingSchema)
def show(finding_id: int) -> FindingView:
    """A finding

    With its answer, its decision and the money claimed back for it.
    """
    return views_of([find_finding(finding_id, actor=current_actor())])[0]


@findings.route("/<int:finding_id>/answer", methods=["POST"])
@allow(may_answer_findings)
@problems(FindingMissing, StateForbids, AnswerLate, FileTooLarge, FileTypeRefused, FileEmpty)
@idempotent
@findings.arguments(FindingAnswerSchema, location=MULTIPART)
@findings.response(201, InspectionFindingSchema)
def answer(given: dict[str, Any], finding_id: int) -> FindingView:
    """Answer a finding

    By the party it is against, once, until the last day of its term; perhaps with a file.
    """
    found = service.answer(
        finding_id=finding_id,
        text=given["text"],
        upload=upload_or_none(given["file"]),
        actor=current_actor(),
        now=clock.now(),
    )
    return views_of([found])[0]


@findings.route("/<int:finding_id>/answer-file", methods=["GET"])
@allow(may_read_inspections)
@problems(FindingMissing, EvidenceMissing)
@findings.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
def download_answer(finding_id: int) -> Response:
    """The file of an answer

    As an attachment.
    """
    return attachment(find_answer_file(finding_id, actor=current_actor()))


@findings.route("/<int:finding_id>/decision", methods=["POST"])
@allow(may_decide_findings)
@problems(FindingMissing, StateForbids, AnswerAwaited, InspectorDecides)
@idempotent
@findings.arguments(FindingDecisionSchema)
@findings.response(201, InspectionFindingSchema)
def decide(given: dict[str, Any], finding_id: int) -> FindingView:
    """Decide on a finding

    By the province, after the answer or after its term; by nobody who inspected.
    """
    return views_of([service.decide(finding_id=finding_id, **given, actor=current_actor(), now=clock.now())])[0]


@findings.route("/<int:finding_id>/clawback", methods=["POST"])
@allow(may_stop_and_claw_back)
@problems(FindingMissing, FindingNotUpheld, PayoutUnclear, ClawbackTooLarge, PayableMoving)
@idempotent
@findings.arguments(FindingClawbackSchema)
@findings.response(201, ClawbackDetailSchema)
def claw_back(given: dict[str, Any], finding_id: int) -> Clawback:
    """Claim back what was paid for the claim

    For an upheld finding; at most what was paid and not returned. It is linked to the payment it takes back.
    """
    return service.claw_back(finding_id=finding_id, **given, actor=current_actor(), now=clock.now())
