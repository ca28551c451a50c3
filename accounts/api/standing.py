"""Controllers, adverse records and relations over HTTP."""

from __future__ import annotations

from typing import Any

from accounts import service
from accounts.models import AdverseRecord, Controller, Holding, JointEstablishment
from accounts.permissions import authority, may_read_standing, official_reader
from accounts.queries.organisations import OrganisationMissing
from accounts.queries.standing import (
    AdverseRecordMissing,
    visible_adverse_records,
    visible_holdings,
    visible_joint_establishments,
)
from accounts.queries.standing import controllers as known_controllers
from accounts.schemas.standing import (
    AdverseRecordEndingSchema,
    AdverseRecordQuerySchema,
    AdverseRecordSchema,
    ControllerQuerySchema,
    ControllerSchema,
    HoldingSchema,
    JointEstablishmentSchema,
    NewAdverseRecordSchema,
    NewHoldingSchema,
    NewJointEstablishmentSchema,
    RelationQuerySchema,
)
from accounts.service.standing import RecordEnded, StandingRefused
from accounts.steps.standing import HoldingOverlaps, JointEstablishmentKnown
from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems

controllers = Blueprint("controllers", __name__, url_prefix="/controllers", description="Actual controllers.")
adverse_records = Blueprint(
    "adverse_records", __name__, url_prefix="/adverse-records", description="What stands against organisations (V8(2))."
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
    """Controllers known"""
    found = known_controllers(q=given.get("q"))
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
@problems(OrganisationMissing, StandingRefused)
@idempotent
@adverse_records.arguments(NewAdverseRecordSchema)
@adverse_records.response(201, AdverseRecordSchema)
def enter_adverse_record(given: dict[str, Any]) -> AdverseRecord:
    """Enter an adverse record

    By the bureau of the organisation's city or the province. Accidents, breaches and fraud are dated by one day;
    listings run until removed; a misconduct's `until` is the end of its sanction.
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

    By the bureau of the city of one of the two, or the province.
    """
    return service.standing.enter_holding(**given, actor=current_actor(), now=clock.now())


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

    By the bureau of the city of one of the two, or the province.
    """
    return service.standing.enter_joint_establishment(**given, actor=current_actor(), now=clock.now())
