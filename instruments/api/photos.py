"""Photos of instruments over HTTP."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Response
from werkzeug.datastructures import FileStorage

from core import clock
from core.files import UPLOAD_PROBLEMS
from core.http import IF_CHANGED, MULTIPART, Blueprint, allow, conditional, current_actor, idempotent, problems
from core.http.pictures import picture
from core.states import StateForbids
from instruments.models import InstrumentPhoto
from instruments.permissions import may_offer, may_search
from instruments.queries.instruments import InstrumentMissing, find_instrument
from instruments.queries.photos import PhotoMissing, find_photo, photos_of
from instruments.schemas.photos import NewPhotoSchema, PhotoFieldsSchema, PhotoSchema, PhotosSchema
from instruments.service import photos as service
from instruments.service.photos import PhotosFull

photos = Blueprint(
    "instrument_photos", __name__, url_prefix="/instruments/<int:instrument_id>/photos", description="Photos."
)


@photos.route("", methods=["GET"])
@allow(may_search)
@problems(InstrumentMissing)
@photos.response(200, PhotosSchema)
def list_photos(instrument_id: int) -> dict[str, Any]:
    """Photos of an instrument

    In their order, for whoever may see the instrument.
    """
    return {"items": photos_of(find_instrument(instrument_id, actor=current_actor()).id)}


@photos.route("", methods=["POST"])
@allow(may_offer)
@problems(InstrumentMissing, StateForbids, PhotosFull, *UPLOAD_PROBLEMS)
@idempotent
@photos.arguments(NewPhotoSchema, location=MULTIPART)
@photos.response(201, PhotoSchema)
def add(given: dict[str, Any], instrument_id: int) -> InstrumentPhoto:
    """Add a photo

    By the owner, behind the others; JPEG or PNG by content, at most twelve. It is kept as it came: what a camera wrote
    into it, a place perhaps, stays in it.
    """
    upload: FileStorage = given.pop("file")
    return service.add_photo(
        instrument_id=instrument_id,
        stream=cast(BinaryIO, upload.stream),
        filename=upload.filename or "",
        **given,
        actor=current_actor(),
        now=clock.now(),
    )


@photos.route("/<int:photo_id>", methods=["PATCH"])
@allow(may_offer)
@problems(InstrumentMissing, PhotoMissing, StateForbids)
@photos.arguments(PhotoFieldsSchema(partial=True))
@photos.response(200, PhotoSchema)
def change(given: dict[str, Any], instrument_id: int, photo_id: int) -> InstrumentPhoto:
    """Change a photo's captions or place

    By the owner. What is left out stays.
    """
    return service.change_photo(
        instrument_id=instrument_id, photo_id=photo_id, **given, actor=current_actor(), now=clock.now()
    )


@photos.route("/<int:photo_id>", methods=["DELETE"])
@allow(may_offer)
@problems(InstrumentMissing, PhotoMissing, StateForbids)
@photos.response(204)
def remove(instrument_id: int, photo_id: int) -> None:
    """Remove a photo

    By the owner.
    """
    service.remove_photo(instrument_id=instrument_id, photo_id=photo_id, actor=current_actor(), now=clock.now())


@photos.route("/<int:photo_id>/file", methods=["GET"])
@allow(may_search)
@problems(InstrumentMissing, PhotoMissing)
@conditional(IF_CHANGED)
@photos.response(200, {"type": "string", "format": "binary"}, content_type="image/*")
@photos.alt_response(304, description="Nothing has changed.")  # type: ignore[untyped-decorator]
def file(instrument_id: int, photo_id: int) -> Response:
    """A photo's picture

    JPEG or PNG; its checksum is the ETag.
    """
    return picture(find_photo(instrument_id, photo_id, actor=current_actor()).file)
