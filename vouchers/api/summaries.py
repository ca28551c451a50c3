"""Summaries over HTTP."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Response
from sqlalchemy.orm import selectinload
from werkzeug.datastructures import FileStorage

from core import clock
from core.files import UPLOAD_PROBLEMS
from core.http import MULTIPART, Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.http.attachment import attachment
from core.states import StateForbids
from vouchers.models import ReviewSummary
from vouchers.permissions import may_prepare_summaries, may_read_summaries, may_stamp
from vouchers.queries.summaries import (
    DocumentMissing,
    StampMissing,
    SummaryMissing,
    find_document,
    find_stamped_copy,
    find_summary,
    visible_summaries,
)
from vouchers.schemas.summaries import NewSummarySchema, StampSchema, SummaryQuerySchema, SummarySchema
from vouchers.service import summaries as service
from vouchers.service.claims import Upload
from vouchers.service.summaries import StampRefused, SummaryRefused

summaries = Blueprint(
    "review-summaries",
    __name__,
    url_prefix="/review-summaries",
    description="Stamped summaries of reviewed claims, sent up to the province.",
)


@summaries.route("", methods=["POST"])
@allow(may_prepare_summaries)
@problems(SummaryRefused)
@idempotent
@summaries.arguments(NewSummarySchema)
@summaries.response(201, SummarySchema)
def make(given: dict[str, Any]) -> ReviewSummary:
    """Make a summary

    Of claims that the bureau has approved; a delegated agency may prepare it.
    """
    return service.make_summary(**given, actor=current_actor(), now=clock.now())


@summaries.route("", methods=["GET"])
@allow(may_read_summaries)
@summaries.arguments(SummaryQuerySchema, location="query")
@summaries.response(200, page_schema(SummarySchema))
def list_summaries(given: dict[str, Any]) -> dict[str, Any]:
    """Summaries in sight

    A city's own; all for the province. `state=dispatched` is what the province has received.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    found = visible_summaries(current_actor(), **given).options(selectinload(ReviewSummary.lines))
    return page_of(found, cursor=cursor, limit=limit, key=ReviewSummary.id)


@summaries.route("/<int:summary_id>", methods=["GET"])
@allow(may_read_summaries)
@problems(SummaryMissing)
@summaries.response(200, SummarySchema)
def show(summary_id: int) -> ReviewSummary:
    """A summary

    With its claims and their sums.
    """
    return find_summary(summary_id, actor=current_actor())


@summaries.route("/<int:summary_id>/stamp", methods=["POST"])
@allow(may_stamp)
@problems(SummaryMissing, StateForbids, StampRefused, *UPLOAD_PROBLEMS)
@idempotent
@summaries.arguments(StampSchema, location=MULTIPART)
@summaries.response(201, SummarySchema)
def stamp(given: dict[str, Any], summary_id: int) -> ReviewSummary:
    """Stamp a summary

    By uploading the stamped copy, with the number and the total that stand on it.
    """
    file: FileStorage = given.pop("file")
    upload = Upload(cast(BinaryIO, file.stream), file.filename or "")
    return service.stamp(summary_id=summary_id, upload=upload, **given, actor=current_actor(), now=clock.now())


@summaries.route("/<int:summary_id>/document", methods=["GET"])
@allow(may_read_summaries)
@problems(SummaryMissing, DocumentMissing)
@summaries.response(200, {"type": "string", "format": "binary"}, content_type="application/pdf")
def document(summary_id: int) -> Response:
    """A summary as PDF

    As it was written when the summary was made, to be printed and stamped.
    """
    return attachment(find_document(summary_id, actor=current_actor()))


@summaries.route("/<int:summary_id>/dispatch", methods=["POST"])
@allow(may_stamp)
@problems(SummaryMissing, StateForbids)
@idempotent
@summaries.response(201, SummarySchema)
def dispatch(summary_id: int) -> ReviewSummary:
    """Send a summary up

    To the province; only a stamped one can be sent (V18).
    """
    return service.dispatch(summary_id=summary_id, actor=current_actor(), now=clock.now())


@summaries.route("/<int:summary_id>/stamped-copy", methods=["GET"])
@allow(may_read_summaries)
@problems(SummaryMissing, StampMissing)
@summaries.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
def stamped_copy(summary_id: int) -> Response:
    """The stamped copy

    As an attachment, once it was handed in.
    """
    return attachment(find_stamped_copy(summary_id, actor=current_actor()))
