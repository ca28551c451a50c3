"""Misconduct and appeals over HTTP (V19, V21)."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import selectinload

from accounts.models import AdverseRecord
from accounts.permissions import authority
from accounts.queries.organisations import OrganisationMissing
from accounts.queries.standing import AdverseRecordMissing
from accounts.schemas.standing import AdverseRecordSchema, AnnulmentSchema
from accounts.steps.standing import AnnulledByAnother, RecordAnnulled
from core import clock
from core.files import FileEmpty, FileTooLarge, FileTypeRefused
from core.http import MULTIPART, Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.http.attachment import attachment
from core.states import StateForbids
from vouchers.models import Appeal, AppealFile, MisconductDecision
from vouchers.permissions import may_appeal, may_decide_appeals, may_decide_misconduct, may_read_misconduct
from vouchers.queries.inspections import FindingMissing
from vouchers.queries.misconduct import (
    AppealFileMissing,
    AppealMissing,
    MisconductMissing,
    find_appeal,
    find_appeal_file,
    find_misconduct,
    visible_appeals,
    visible_misconduct,
)
from vouchers.schemas.misconduct import (
    AppealDecisionSchema,
    AppealFileSchema,
    AppealItemSchema,
    AppealQuerySchema,
    AppealSchema,
    MisconductQuerySchema,
    MisconductSchema,
    NewAppealSchema,
    NewMisconductSchema,
    SanctionSuspensionSchema,
)
from vouchers.schemas.uploads import upload_of, upload_or_none
from vouchers.service import misconduct as service
from vouchers.service.findings import FindingNotUpheld
from vouchers.service.misconduct import (
    AppealFiled,
    AppealLate,
    AppealRefused,
    MisconductDecided,
    MisconductRefused,
    RecordOfDecision,
    SameDecider,
)

misconduct_decisions = Blueprint(
    "misconduct-decisions", __name__, url_prefix="/misconduct-decisions", description="Misconduct on record (V21)."
)
record_annulments = Blueprint(
    "record_annulments",
    __name__,
    url_prefix="/adverse-records/<int:record_id>/annulment",
    description="Adverse records entered by mistake (V8(2)).",
)
appeals = Blueprint("appeals", __name__, url_prefix="/appeals", description="Appeals against decisions of misconduct.")


@record_annulments.route("", methods=["POST"])
@allow(authority)
@problems(AdverseRecordMissing, AnnulledByAnother, RecordAnnulled, RecordOfDecision)
@idempotent
@record_annulments.arguments(AnnulmentSchema)
@record_annulments.response(201, AdverseRecordSchema)
def annul_record(given: dict[str, Any], record_id: int) -> AdverseRecord:
    """Annul an adverse record entered by mistake

    By another person than who entered it, of the organisation's city or the province. It stays on record and counts for
    nothing from then on. What a decision of misconduct put on record is changed by an appeal.
    """
    return service.annul_record(record_id=record_id, **given, actor=current_actor(), now=clock.now())


@misconduct_decisions.route("", methods=["POST"])
@allow(may_decide_misconduct)
@problems(OrganisationMissing, FindingMissing, FindingNotUpheld, MisconductDecided, MisconductRefused)
@idempotent
@misconduct_decisions.arguments(NewMisconductSchema)
@misconduct_decisions.response(201, MisconductSchema)
def decide(given: dict[str, Any]) -> MisconductDecision:
    """Decide on misconduct

    Of a user, provider or incubator; on an upheld finding or without one. A serious one is sanctioned, goes on record
    and blocks.
    """
    return service.decide_misconduct(**given, actor=current_actor(), now=clock.now())


@misconduct_decisions.route("", methods=["GET"])
@allow(may_read_misconduct)
@misconduct_decisions.arguments(MisconductQuerySchema, location="query")
@misconduct_decisions.response(200, page_schema(MisconductSchema))
def list_decisions(given: dict[str, Any]) -> dict[str, Any]:
    """Decisions of misconduct in sight

    About oneself and one's teams, one's city; all for province and auditor.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    found = visible_misconduct(current_actor(), **given).options(selectinload(MisconductDecision.appeal))
    return page_of(found, cursor=cursor, limit=limit, key=MisconductDecision.id)


@misconduct_decisions.route("/<int:decision_id>", methods=["GET"])
@allow(may_read_misconduct)
@problems(MisconductMissing)
@misconduct_decisions.response(200, MisconductSchema)
def show(decision_id: int) -> MisconductDecision:
    """A decision of misconduct

    With its sanction as it stands.
    """
    return find_misconduct(decision_id, actor=current_actor())


@misconduct_decisions.route("/<int:decision_id>/appeal", methods=["POST"])
@allow(may_appeal)
@problems(MisconductMissing, AppealFiled, AppealLate, FileTooLarge, FileTypeRefused, FileEmpty)
@idempotent
@misconduct_decisions.arguments(NewAppealSchema, location=MULTIPART)
@misconduct_decisions.response(201, AppealSchema)
def file_appeal(given: dict[str, Any], decision_id: int) -> Appeal:
    """Appeal

    By the organisation it is about, until the last day of its term. The sanction goes on unless it is suspended.
    """
    return service.file_appeal(
        decision_id=decision_id,
        grounds=given["grounds"],
        upload=upload_or_none(given["file"]),
        actor=current_actor(),
        now=clock.now(),
    )


@appeals.route("", methods=["GET"])
@allow(may_read_misconduct)
@appeals.arguments(AppealQuerySchema, location="query")
@appeals.response(200, page_schema(AppealSchema))
def list_appeals(given: dict[str, Any]) -> dict[str, Any]:
    """Appeals in sight

    Against decisions that one may read.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    found = visible_appeals(current_actor(), **given).options(selectinload(Appeal.files))
    return page_of(found, cursor=cursor, limit=limit, key=Appeal.id)


@appeals.route("/<int:appeal_id>", methods=["GET"])
@allow(may_read_misconduct)
@problems(AppealMissing)
@appeals.response(200, AppealSchema)
def show_appeal(appeal_id: int) -> Appeal:
    """An appeal

    With its files and what became of it.
    """
    return find_appeal(appeal_id, actor=current_actor())


@appeals.route("/<int:appeal_id>/files", methods=["POST"])
@allow(may_appeal)
@problems(AppealMissing, StateForbids, FileTooLarge, FileTypeRefused, FileEmpty)
@idempotent
@appeals.arguments(AppealFileSchema, location=MULTIPART)
@appeals.response(201, AppealItemSchema)
def add_file(given: dict[str, Any], appeal_id: int) -> AppealFile:
    """Add a file to an appeal

    While it is pending.
    """
    return service.add_appeal_file(
        appeal_id=appeal_id, upload=upload_of(given["file"]), actor=current_actor(), now=clock.now()
    )


@appeals.route("/<int:appeal_id>/files/<int:file_id>", methods=["GET"])
@allow(may_read_misconduct)
@problems(AppealFileMissing)
@appeals.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
def download_file(appeal_id: int, file_id: int) -> Response:
    """A file's content

    As an attachment.
    """
    return attachment(find_appeal_file(appeal_id, file_id, actor=current_actor()).file)


@appeals.route("/<int:appeal_id>/suspension", methods=["POST"])
@allow(may_decide_appeals)
@problems(AppealMissing, StateForbids, SameDecider, AppealRefused)
@idempotent
@appeals.arguments(SanctionSuspensionSchema)
@appeals.response(201, AppealSchema)
def suspend(given: dict[str, Any], appeal_id: int) -> Appeal:
    """Suspend a sanction

    Until the appeal is decided; its adverse record counts for nothing in the meantime. Not by who decided.
    """
    return service.suspend_sanction(appeal_id=appeal_id, **given, actor=current_actor(), now=clock.now())


@appeals.route("/<int:appeal_id>/decision", methods=["POST"])
@allow(may_decide_appeals)
@problems(AppealMissing, StateForbids, SameDecider, AppealRefused)
@idempotent
@appeals.arguments(AppealDecisionSchema)
@appeals.response(201, AppealSchema)
def decide_appeal(given: dict[str, Any], appeal_id: int) -> Appeal:
    """Decide on an appeal

    Dismiss it, shorten the sanction or annul the decision. The record is annulled and corrected, never deleted;
    decisions frozen before keep what they rested on. Not by who decided first.
    """
    return service.decide_appeal(appeal_id=appeal_id, **given, actor=current_actor(), now=clock.now())
