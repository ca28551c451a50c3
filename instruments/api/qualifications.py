"""Qualifications for instruments over HTTP."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Response
from werkzeug.datastructures import FileStorage

from accounts.queries.beneficiaries import BeneficiaryMissing, BeneficiaryUnclear
from core import clock
from core.errors import NotFound
from core.files import UPLOAD_PROBLEMS
from core.http import MULTIPART, Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.http.attachment import attachment
from core.states import StateForbids
from instruments.api.instruments import instruments
from instruments.models import Qualification
from instruments.permissions import may_ask_for_it, may_offer, may_read_qualifications
from instruments.queries.instruments import InstrumentMissing
from instruments.queries.qualifications import QualificationMissing, find_qualification
from instruments.queries.qualifications import qualifications as in_sight
from instruments.schemas.qualifications import (
    NewQualificationSchema,
    QualificationDecisionSchema,
    QualificationQuerySchema,
    QualificationRevocationSchema,
    QualificationSchema,
)
from instruments.service import qualifications as service
from instruments.service.qualifications import (
    QualificationAskedFor,
    QualificationNotNeeded,
    QualificationRefused,
)
from instruments.steps import InstrumentNotPublished

qualifications = Blueprint(
    "qualifications",
    __name__,
    url_prefix="/qualifications",
    description="Users whom providers have trained or approved for instruments.",
)


@instruments.route("/<int:instrument_id>/qualifications", methods=["POST"])
@allow(may_ask_for_it)
@problems(
    InstrumentMissing,
    InstrumentNotPublished,
    QualificationNotNeeded,
    QualificationAskedFor,
    BeneficiaryMissing,
    BeneficiaryUnclear,
    *UPLOAD_PROBLEMS,
)
@idempotent
@instruments.arguments(NewQualificationSchema, location=MULTIPART)
@instruments.response(201, QualificationSchema)
def ask(given: dict[str, Any], instrument_id: int) -> Qualification:
    """Ask to be qualified for an instrument

    Whose rules leave it to users that its provider has trained or approved. The provider decides; also to go on after
    the last day.
    """
    upload: FileStorage | None = given.pop("file")
    return service.ask_to_qualify(
        instrument_id=instrument_id,
        **given,
        stream=None if upload is None else cast(BinaryIO, upload.stream),
        filename="" if upload is None else upload.filename or "",
        actor=current_actor(),
        now=clock.now(),
    )


@qualifications.route("", methods=["GET"])
@allow(may_read_qualifications)
@qualifications.arguments(QualificationQuerySchema, location="query")
@qualifications.response(200, page_schema(QualificationSchema))
def index(given: dict[str, Any]) -> dict[str, Any]:
    """Qualifications in sight

    What one asked for, also for an incubator's teams; of a provider what it was asked for.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    return page_of(in_sight(current_actor(), **given), cursor=cursor, limit=limit, key=Qualification.id)


@qualifications.route("/<int:qualification_id>", methods=["GET"])
@allow(may_read_qualifications)
@problems(QualificationMissing)
@qualifications.response(200, QualificationSchema)
def show(qualification_id: int) -> Qualification:
    """One of them"""
    return find_qualification(qualification_id, actor=current_actor())


@qualifications.route("/<int:qualification_id>/file", methods=["GET"])
@allow(may_read_qualifications)
@problems(QualificationMissing)
@qualifications.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
def download(qualification_id: int) -> Response:
    """Its certificate

    As an attachment, where one was handed in.
    """
    found = find_qualification(qualification_id, actor=current_actor()).file
    if found is None:
        raise NotFound
    return attachment(found)


@qualifications.route("/<int:qualification_id>/decision", methods=["POST"])
@allow(may_offer)
@problems(QualificationMissing, QualificationRefused, StateForbids)
@idempotent
@qualifications.arguments(QualificationDecisionSchema)
@qualifications.response(201, QualificationSchema)
def decide(given: dict[str, Any], qualification_id: int) -> Qualification:
    """Qualify a user, or refuse it

    By the provider: from a day, perhaps to a day, for the instrument asked about or for several.
    """
    return service.decide_qualification(
        qualification_id=qualification_id, **given, actor=current_actor(), now=clock.now()
    )


@qualifications.route("/<int:qualification_id>/revocation", methods=["POST"])
@allow(may_offer)
@problems(QualificationMissing, StateForbids)
@idempotent
@qualifications.arguments(QualificationRevocationSchema)
@qualifications.response(201, QualificationSchema)
def revoke(given: dict[str, Any], qualification_id: int) -> Qualification:
    """Revoke a qualification

    By the provider, with its grounds. Bookings made under it stand.
    """
    return service.revoke_qualification(
        qualification_id=qualification_id, **given, actor=current_actor(), now=clock.now()
    )


@qualifications.route("/<int:qualification_id>/withdrawal", methods=["POST"])
@allow(may_ask_for_it)
@problems(QualificationMissing, StateForbids)
@idempotent
@qualifications.response(201, QualificationSchema)
def withdraw(qualification_id: int) -> Qualification:
    """Take a request back

    By the user, before it is decided.
    """
    return service.withdraw_qualification(qualification_id=qualification_id, actor=current_actor(), now=clock.now())
