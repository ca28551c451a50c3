"""Exemptions for secrecy over HTTP (S23)."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Response
from werkzeug.datastructures import FileStorage

from core import clock
from core.files import UPLOAD_PROBLEMS
from core.http import MULTIPART, Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.http.attachment import attachment
from core.states import StateForbids
from instruments.api.instruments import instruments
from instruments.models import SecrecyExemption
from instruments.permissions import (
    may_confirm_exemptions,
    may_offer,
    may_read_exemptions,
    may_review_exemptions,
)
from instruments.queries.instruments import InstrumentMissing
from instruments.queries.secrecy import ExemptionMissing, exemptions, find_exemption
from instruments.schemas.secrecy import (
    ExemptionDecisionSchema,
    ExemptionEndingSchema,
    ExemptionQuerySchema,
    ExemptionReviewSchema,
    ExemptionSchema,
    NewExemptionSchema,
)
from instruments.service import secrecy as service
from instruments.service.secrecy import EndorsedBySame, ExemptionAskedFor, ExemptionRefused

secrecy_exemptions = Blueprint(
    "secrecy_exemptions", __name__, url_prefix="/secrecy-exemptions", description="Exemptions for secrecy (S23)."
)


@instruments.route("/<int:instrument_id>/secrecy-exemption", methods=["POST"])
@allow(may_offer)
@problems(InstrumentMissing, ExemptionRefused, ExemptionAskedFor, StateForbids, *UPLOAD_PROBLEMS)
@idempotent
@instruments.arguments(NewExemptionSchema, location=MULTIPART)
@instruments.response(201, ExemptionSchema)
def ask(given: dict[str, Any], instrument_id: int) -> SecrecyExemption:
    """Ask for a secrecy exemption

    By the owner, with the document that says it is secret, and nothing secret in it; also to renew one in force. The
    bureau reviews it and the province confirms and files it; until then the instrument counts as unlisted (S23).
    """
    upload: FileStorage = given.pop("file")
    return service.ask_for_exemption(
        instrument_id=instrument_id,
        **given,
        stream=cast(BinaryIO, upload.stream),
        filename=upload.filename or "",
        actor=current_actor(),
        now=clock.now(),
    )


@secrecy_exemptions.route("", methods=["GET"])
@allow(may_read_exemptions)
@secrecy_exemptions.arguments(ExemptionQuerySchema, location="query")
@secrecy_exemptions.response(200, page_schema(ExemptionSchema))
def list_exemptions(given: dict[str, Any]) -> dict[str, Any]:
    """Exemptions in sight

    One's own; of a bureau those of its city; all for the province and the auditor.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    return page_of(exemptions(current_actor(), **given), cursor=cursor, limit=limit, key=SecrecyExemption.id)


@secrecy_exemptions.route("/<int:exemption_id>", methods=["GET"])
@allow(may_read_exemptions)
@problems(ExemptionMissing)
@secrecy_exemptions.response(200, ExemptionSchema)
def show(exemption_id: int) -> SecrecyExemption:
    """An exemption

    With what the offices' decisions about it rest on.
    """
    return find_exemption(exemption_id, actor=current_actor())


@secrecy_exemptions.route("/<int:exemption_id>/file", methods=["GET"])
@allow(may_read_exemptions)
@problems(ExemptionMissing)
@secrecy_exemptions.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
def download(exemption_id: int) -> Response:
    """Its document

    As an attachment.
    """
    return attachment(find_exemption(exemption_id, actor=current_actor()).file)


@secrecy_exemptions.route("/<int:exemption_id>/review", methods=["POST"])
@allow(may_review_exemptions)
@problems(ExemptionMissing, StateForbids)
@idempotent
@secrecy_exemptions.arguments(ExemptionReviewSchema)
@secrecy_exemptions.response(201, ExemptionSchema)
def review(given: dict[str, Any], exemption_id: int) -> SecrecyExemption:
    """Review a request

    By the bureau of the provider's city: endorse it, or refuse it for good.
    """
    return service.review_exemption(exemption_id=exemption_id, **given, actor=current_actor(), now=clock.now())


@secrecy_exemptions.route("/<int:exemption_id>/confirmation", methods=["POST"])
@allow(may_confirm_exemptions)
@problems(ExemptionMissing, ExemptionRefused, EndorsedBySame, StateForbids)
@idempotent
@secrecy_exemptions.arguments(ExemptionDecisionSchema)
@secrecy_exemptions.response(201, ExemptionSchema)
def decide(given: dict[str, Any], exemption_id: int) -> SecrecyExemption:
    """Confirm an endorsed request

    By the province, which files it or refuses it. A public instrument leaves the catalogue; the exemption before ends.
    """
    return service.decide_exemption(exemption_id=exemption_id, **given, actor=current_actor(), now=clock.now())


@secrecy_exemptions.route("/<int:exemption_id>/ending", methods=["POST"])
@allow(may_confirm_exemptions)
@problems(ExemptionMissing, StateForbids)
@idempotent
@secrecy_exemptions.arguments(ExemptionEndingSchema)
@secrecy_exemptions.response(201, ExemptionSchema)
def end(given: dict[str, Any], exemption_id: int) -> SecrecyExemption:
    """End an exemption

    By the province, before its last day. The instrument is to be listed again.
    """
    return service.end_exemption(exemption_id=exemption_id, **given, actor=current_actor(), now=clock.now())


@secrecy_exemptions.route("/<int:exemption_id>/withdrawal", methods=["POST"])
@allow(may_offer)
@problems(ExemptionMissing, StateForbids)
@idempotent
@secrecy_exemptions.response(201, ExemptionSchema)
def withdraw(exemption_id: int) -> SecrecyExemption:
    """Take a request back

    By the owner, before it is decided.
    """
    return service.withdraw_exemption(exemption_id=exemption_id, actor=current_actor(), now=clock.now())
