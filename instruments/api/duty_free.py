"""Instruments imported free of duty over HTTP (S5)."""

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
from instruments.models import Instrument
from instruments.permissions import may_offer, may_read_deadlines
from instruments.queries.duty_free import (
    DutyFree,
    DutyFreeRecordMissing,
    duty_free_instruments,
    find_duty_free,
    with_records,
)
from instruments.queries.instruments import InstrumentMissing
from instruments.schemas.duty_free import DutyFreeQuerySchema, DutyFreeSchema, NewDutyFreeSchema
from instruments.service import duty_free as service
from instruments.steps.describing import InstrumentRefused

duty_free = Blueprint(
    "duty_free_imports",
    __name__,
    url_prefix="/duty-free-imports",
    description="Instruments imported free of duty, and what customs has on record of them (S5).",
)


@duty_free.route("", methods=["GET"])
@allow(may_read_deadlines)
@duty_free.arguments(DutyFreeQuerySchema, location="query")
@duty_free.response(200, page_schema(DutyFreeSchema))
def list_duty_free(given: dict[str, Any]) -> dict[str, Any]:
    """Instruments imported free of duty

    With their records; those without one alone with `status=missing`. One's own; of offices those of their scope.
    """
    on = clock.today(clock.now())
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    found = duty_free_instruments(current_actor(), on=on, **given)
    page = page_of(found, cursor=cursor, limit=limit, key=Instrument.id)
    return {**page, "items": with_records(page["items"], on=on)}


@instruments.route("/<int:instrument_id>/duty-free-import", methods=["GET"])
@allow(may_read_deadlines)
@problems(InstrumentMissing, DutyFreeRecordMissing)
@instruments.response(200, DutyFreeSchema)
def show(instrument_id: int) -> DutyFree:
    """What customs has on record

    For the owner and its offices; everybody sees at the instrument until when it is supervised, and the limits.
    """
    return find_duty_free(instrument_id, actor=current_actor(), on=clock.today(clock.now()))


@instruments.route("/<int:instrument_id>/duty-free-import/file", methods=["GET"])
@allow(may_read_deadlines)
@problems(InstrumentMissing, DutyFreeRecordMissing)
@instruments.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
def download(instrument_id: int) -> Response:
    """Its paper

    As an attachment.
    """
    found = find_duty_free(instrument_id, actor=current_actor(), on=clock.today(clock.now()))
    if found.record is None:
        raise DutyFreeRecordMissing
    return attachment(found.record.file)


@instruments.route("/<int:instrument_id>/duty-free-import", methods=["POST"])
@allow(may_offer)
@problems(InstrumentMissing, InstrumentRefused, StateForbids, *UPLOAD_PROBLEMS)
@idempotent
@instruments.arguments(NewDutyFreeSchema, location=MULTIPART)
@instruments.response(201, DutyFreeSchema)
def record(given: dict[str, Any], instrument_id: int) -> DutyFree:
    """Record a duty-free import

    By the owner, with the paper, in place of the record before (S5). While customs supervises a barred instrument it is
    not published.
    """
    upload: FileStorage = given.pop("file")
    service.record_duty_free(
        instrument_id=instrument_id,
        **given,
        stream=cast(BinaryIO, upload.stream),
        filename=upload.filename or "",
        actor=current_actor(),
        now=clock.now(),
    )
    return find_duty_free(instrument_id, actor=current_actor(), on=clock.today(clock.now()))
