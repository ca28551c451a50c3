"""Residences in incubators over HTTP (V7)."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Response
from werkzeug.datastructures import FileStorage

from accounts import service
from accounts.models import Organisation, Residence, ResidenceAdvice
from accounts.permissions import enterprise, incubator, may_read_residences
from accounts.queries.residences import (
    IncubatorMissing,
    ResidenceMissing,
    advice_of,
    find_advice,
    find_residence,
    incubators,
    visible_residences,
)
from accounts.schemas.residences import (
    AdviceSchema,
    IncubatorSchema,
    NewAdviceSchema,
    NewResidenceSchema,
    ResidenceAnswerSchema,
    ResidenceQuerySchema,
    ResidenceSchema,
)
from accounts.service.residences import AdviceClosed, ResidenceKnown, ResidenceRefused
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
from core.http.attachment import attachment
from core.states import StateForbids

residences = Blueprint(
    "residences", __name__, url_prefix="/residences", description="Firms that reside in an incubator (V7)."
)
incubators_of_province = Blueprint(
    "incubators", __name__, url_prefix="/incubators", description="The incubators of the province."
)


@incubators_of_province.route("", methods=["GET"])
@allow(may_read_residences)
@incubators_of_province.arguments(CursorSchema, location="query")
@incubators_of_province.response(200, page_schema(IncubatorSchema))
def list_incubators(given: dict[str, Any]) -> dict[str, Any]:
    """Incubators"""
    return page_of(incubators(), **given, key=Organisation.id)


@residences.route("", methods=["GET"])
@allow(may_read_residences)
@residences.arguments(ResidenceQuerySchema, location="query")
@residences.response(200, page_schema(ResidenceSchema))
def list_residences(given: dict[str, Any]) -> dict[str, Any]:
    """Residences in sight"""
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    return page_of(visible_residences(current_actor(), **given), cursor=cursor, limit=limit, key=Residence.id)


@residences.route("", methods=["POST"])
@allow(enterprise)
@problems(IncubatorMissing, ResidenceRefused, ResidenceKnown)
@idempotent
@residences.arguments(NewResidenceSchema)
@residences.response(201, ResidenceSchema)
def ask_residence(given: dict[str, Any]) -> Residence:
    """Say where one resides

    Once the incubator accepts, it sees how the firm's quotes, orders and claims stand, and may advise. It decides and
    hands in nothing.
    """
    return service.residences.ask_residence(**given, actor=current_actor(), now=clock.now())


@residences.route("/<int:residence_id>", methods=["GET"])
@allow(may_read_residences)
@problems(ResidenceMissing)
@residences.response(200, ResidenceSchema)
def show_residence(residence_id: int) -> Residence:
    """A residence"""
    return find_residence(residence_id, actor=current_actor())


@residences.route("/<int:residence_id>/answer", methods=["POST"])
@allow(incubator)
@problems(ResidenceMissing, StateForbids)
@idempotent
@residences.arguments(ResidenceAnswerSchema)
@residences.response(201, ResidenceSchema)
def answer_residence(given: dict[str, Any], residence_id: int) -> Residence:
    """Accept a firm as a resident, or decline"""
    return service.residences.answer_residence(
        residence_id=residence_id, **given, actor=current_actor(), now=clock.now()
    )


@residences.route("/<int:residence_id>/ending", methods=["POST"])
@allow(enterprise | incubator)
@problems(ResidenceMissing, StateForbids)
@idempotent
@residences.response(201, ResidenceSchema)
def end_residence(residence_id: int) -> Residence:
    """End a residence

    By either side.
    """
    return service.residences.end_residence(residence_id=residence_id, actor=current_actor(), now=clock.now())


@residences.route("/<int:residence_id>/advice", methods=["GET"])
@allow(may_read_residences)
@problems(ResidenceMissing)
@residences.arguments(CursorSchema, location="query")
@residences.response(200, page_schema(AdviceSchema))
def list_advice(given: dict[str, Any], residence_id: int) -> dict[str, Any]:
    """What the incubator advised

    The latest first.
    """
    found = advice_of(find_residence(residence_id, actor=current_actor()).id)
    return page_of(found, **given, key=ResidenceAdvice.id, descending=True)


@residences.route("/<int:residence_id>/advice", methods=["POST"])
@allow(incubator)
@problems(ResidenceMissing, AdviceClosed, *UPLOAD_PROBLEMS)
@idempotent
@residences.arguments(NewAdviceSchema, location=MULTIPART)
@residences.response(201, AdviceSchema)
def give_advice(given: dict[str, Any], residence_id: int) -> ResidenceAdvice:
    """Advise a resident firm

    Perhaps with a document prepared for it, which it uses or does not.
    """
    upload: FileStorage | None = given.get("file")
    return service.residences.give_advice(
        residence_id=residence_id,
        advice=given["advice"],
        stream=None if upload is None else cast(BinaryIO, upload.stream),
        filename="" if upload is None else upload.filename or "",
        actor=current_actor(),
        now=clock.now(),
    )


@residences.route("/<int:residence_id>/advice/<int:advice_id>/file", methods=["GET"])
@allow(may_read_residences)
@problems(ResidenceMissing)
@residences.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
def advice_file(residence_id: int, advice_id: int) -> Response:
    """The document prepared with an advice

    As an attachment; 404 where there is none.
    """
    found = find_advice(residence_id, advice_id, actor=current_actor()).file
    if found is None:
        raise ResidenceMissing
    return attachment(found)
