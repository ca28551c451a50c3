"""Controllers, adverse records and relations over HTTP."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from werkzeug.datastructures import FileStorage

from accounts import service
from accounts.models import AdverseImport, AdverseRecord, Controller, Holding, JointEstablishment
from accounts.permissions import auditor, authority, city_finance, may_read_standing, official_reader
from accounts.queries.controllers import controllers as known_controllers
from accounts.queries.organisations import OrganisationMissing
from accounts.queries.relations import RelationMissing, visible_holdings, visible_joint_establishments
from accounts.queries.standing import (
    AdverseImportMissing,
    AdverseRecordMissing,
    find_adverse_import,
    visible_adverse_imports,
    visible_adverse_records,
)
from accounts.rules.adverse_lists import ListTooLong, ListUnknown
from accounts.schemas.standing import (
    AdverseImportSchema,
    AdverseImportSummarySchema,
    AdverseRecordEndingSchema,
    AdverseRecordQuerySchema,
    AdverseRecordSchema,
    AnnulmentSchema,
    ControllerQuerySchema,
    ControllerSchema,
    HoldingSchema,
    JointEstablishmentSchema,
    NewAdverseImportSchema,
    NewAdverseRecordSchema,
    NewHoldingSchema,
    NewJointEstablishmentSchema,
    RelationEndingSchema,
    RelationQuerySchema,
)
from accounts.service.standing import AdverseRecordKnown, RecordEnded, StandingRefused
from accounts.steps.standing import AnnulledByAnother, HoldingOverlaps, JointEstablishmentKnown, RecordAnnulled
from core import clock
from core.files import UPLOAD_PROBLEMS
from core.http import (
    MULTIPART,
    Blueprint,
    CursorSchema,
    allow,
    current_actor,
    idempotent,
    page_of,
    page_schema,
    problems,
)
from core.tables.files import FileUnreadable, NotATable

controllers = Blueprint("controllers", __name__, url_prefix="/controllers", description="Actual controllers.")
adverse_records = Blueprint(
    "adverse_records", __name__, url_prefix="/adverse-records", description="What stands against organisations (V8(2))."
)
adverse_record_imports = Blueprint(
    "adverse_record_imports",
    __name__,
    url_prefix="/adverse-record-imports",
    description="Public lists of what stands against firms, from CSV, XLSX and XLS (V8(2)).",
)
holdings = Blueprint("holdings", __name__, url_prefix="/holdings", description="Who owns shares of whom (V8(4)).")
joint_establishments = Blueprint(
    "joint_establishments", __name__, url_prefix="/joint-establishments", description="Who was built jointly (V8(4))."
)


@controllers.route("", methods=["GET"])
@allow(official_reader)
@controllers.arguments(ControllerQuerySchema, location="query")
@controllers.response(200, page_schema(ControllerSchema))
def list_controllers(given: dict[str, Any]) -> dict[str, Any]:
    """Controllers known

    A city's offices see those of its own firms and those they put on record.
    """
    found = known_controllers(current_actor(), q=given.get("q"))
    return page_of(found, cursor=given.get("cursor"), limit=given["limit"], key=Controller.id)


@adverse_records.route("", methods=["GET"])
@allow(may_read_standing)
@adverse_records.arguments(AdverseRecordQuerySchema, location="query")
@adverse_records.response(200, page_schema(AdverseRecordSchema))
def list_adverse_records(given: dict[str, Any]) -> dict[str, Any]:
    """Adverse records in sight"""
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    found = visible_adverse_records(current_actor(), **given)
    return page_of(found, cursor=cursor, limit=limit, key=AdverseRecord.id)


@adverse_records.route("", methods=["POST"])
@allow(authority)
@problems(OrganisationMissing, StandingRefused, AdverseRecordKnown)
@idempotent
@adverse_records.arguments(NewAdverseRecordSchema)
@adverse_records.response(201, AdverseRecordSchema)
def enter_adverse_record(given: dict[str, Any]) -> AdverseRecord:
    """Enter an adverse record

    By the bureau of the organisation's city or the province. Accidents, breaches and fraud are dated by one day;
    listings run until removed; a misconduct's `until` is the end of its sanction. The same kind and day again answers a
    conflict that names the record there is.
    """
    return service.standing.enter_adverse_record(**given, actor=current_actor(), now=clock.now())


@adverse_records.route("/<int:record_id>/ending", methods=["POST"])
@allow(authority)
@problems(AdverseRecordMissing, RecordEnded, StandingRefused)
@idempotent
@adverse_records.arguments(AdverseRecordEndingSchema)
@adverse_records.response(201, AdverseRecordSchema)
def end_adverse_record(given: dict[str, Any], record_id: int) -> AdverseRecord:
    """Say when an open listing or sanction ended"""
    return service.standing.end_adverse_record(record_id=record_id, **given, actor=current_actor(), now=clock.now())


@holdings.route("", methods=["GET"])
@allow(may_read_standing)
@holdings.arguments(RelationQuerySchema, location="query")
@holdings.response(200, page_schema(HoldingSchema))
def list_holdings(given: dict[str, Any]) -> dict[str, Any]:
    """Holdings in sight"""
    found = visible_holdings(current_actor(), organisation_id=given.get("organisation_id"))
    return page_of(found, cursor=given.get("cursor"), limit=given["limit"], key=Holding.id)


@holdings.route("", methods=["POST"])
@allow(authority)
@problems(OrganisationMissing, StandingRefused, HoldingOverlaps)
@idempotent
@holdings.arguments(NewHoldingSchema)
@holdings.response(201, HoldingSchema)
def enter_holding(given: dict[str, Any]) -> Holding:
    """Enter a holding

    By the bureau of the city of one of the two, or the province. A firm of another city is named by its code.
    """
    return service.relations.enter_holding(**given, actor=current_actor(), now=clock.now())


@holdings.route("/<int:holding_id>/ending", methods=["POST"])
@allow(authority)
@problems(RelationMissing, RecordEnded, StandingRefused)
@idempotent
@holdings.arguments(RelationEndingSchema)
@holdings.response(201, HoldingSchema)
def end_holding(given: dict[str, Any], holding_id: int) -> Holding:
    """Say from when a share is held no longer

    A later holding of the same two may follow.
    """
    return service.relations.end_holding(holding_id=holding_id, **given, actor=current_actor(), now=clock.now())


@holdings.route("/<int:holding_id>/annulment", methods=["POST"])
@allow(authority)
@problems(RelationMissing, AnnulledByAnother, RecordAnnulled)
@idempotent
@holdings.arguments(AnnulmentSchema)
@holdings.response(201, HoldingSchema)
def annul_holding(given: dict[str, Any], holding_id: int) -> Holding:
    """Annul a holding entered by mistake

    By another person than who entered it. It stays on record and counts for nothing.
    """
    return service.relations.annul_holding(holding_id=holding_id, **given, actor=current_actor(), now=clock.now())


@joint_establishments.route("", methods=["GET"])
@allow(may_read_standing)
@joint_establishments.arguments(RelationQuerySchema, location="query")
@joint_establishments.response(200, page_schema(JointEstablishmentSchema))
def list_joint_establishments(given: dict[str, Any]) -> dict[str, Any]:
    """Joint establishments in sight"""
    found = visible_joint_establishments(current_actor(), organisation_id=given.get("organisation_id"))
    return page_of(found, cursor=given.get("cursor"), limit=given["limit"], key=JointEstablishment.id)


@joint_establishments.route("", methods=["POST"])
@allow(authority)
@problems(OrganisationMissing, StandingRefused, JointEstablishmentKnown)
@idempotent
@joint_establishments.arguments(NewJointEstablishmentSchema)
@joint_establishments.response(201, JointEstablishmentSchema)
def enter_joint_establishment(given: dict[str, Any]) -> JointEstablishment:
    """Enter a joint establishment

    By the bureau of the city of one of the two, or the province. A firm of another city is named by its code.
    """
    return service.relations.enter_joint_establishment(**given, actor=current_actor(), now=clock.now())


@joint_establishments.route("/<int:pair_id>/ending", methods=["POST"])
@allow(authority)
@problems(RelationMissing, RecordEnded, StandingRefused)
@idempotent
@joint_establishments.arguments(RelationEndingSchema)
@joint_establishments.response(201, JointEstablishmentSchema)
def end_joint_establishment(given: dict[str, Any], pair_id: int) -> JointEstablishment:
    """Say from when two are run jointly no longer"""
    return service.relations.end_joint_establishment(pair_id=pair_id, **given, actor=current_actor(), now=clock.now())


@joint_establishments.route("/<int:pair_id>/annulment", methods=["POST"])
@allow(authority)
@problems(RelationMissing, AnnulledByAnother, RecordAnnulled)
@idempotent
@joint_establishments.arguments(AnnulmentSchema)
@joint_establishments.response(201, JointEstablishmentSchema)
def annul_joint_establishment(given: dict[str, Any], pair_id: int) -> JointEstablishment:
    """Annul a joint establishment entered by mistake

    By another person than who entered it. It stays on record and counts for nothing.
    """
    return service.relations.annul_joint_establishment(pair_id=pair_id, **given, actor=current_actor(), now=clock.now())


@adverse_record_imports.route("", methods=["POST"])
@allow(authority)
@problems(
    *UPLOAD_PROBLEMS,
    NotATable,
    FileUnreadable,
    ListUnknown,
    ListTooLong,
)
@idempotent
@adverse_record_imports.arguments(NewAdverseImportSchema, location=MULTIPART)
@adverse_record_imports.response(201, AdverseImportSchema)
def import_adverse_records(given: dict[str, Any]) -> AdverseImport:
    """Read in a public list

    New records are entered, a removal date ends the open record it belongs to, what is known changes nothing. A
    bureau's lists touch its own city's members only.
    """
    upload: FileStorage = given.pop("file")
    return service.adverse_imports.import_adverse_records(
        **given,
        stream=cast(BinaryIO, upload.stream),
        filename=upload.filename or "",
        actor=current_actor(),
        now=clock.now(),
    )


@adverse_record_imports.route("", methods=["GET"])
@allow(authority | city_finance | auditor)
@adverse_record_imports.arguments(CursorSchema, location="query")
@adverse_record_imports.response(200, page_schema(AdverseImportSummarySchema))
def list_adverse_imports(given: dict[str, Any]) -> dict[str, Any]:
    """Lists that were read in

    The latest first.
    """
    return page_of(visible_adverse_imports(current_actor()), **given, key=AdverseImport.id, descending=True)


@adverse_record_imports.route("/<int:import_id>", methods=["GET"])
@allow(authority | city_finance | auditor)
@problems(AdverseImportMissing)
@adverse_record_imports.response(200, AdverseImportSchema)
def show_adverse_import(import_id: int) -> AdverseImport:
    """What a list did

    With every firm not known here and every row not taken.
    """
    return find_adverse_import(import_id, actor=current_actor())
