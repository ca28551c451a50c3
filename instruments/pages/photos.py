"""Photos of an instrument: the owner's list of them, and the pictures for whoever may see the instrument."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Response, request, url_for
from werkzeug.datastructures import FileStorage

from core import clock
from core.http import allow, current_actor
from core.http.pictures import picture
from core.pages import Done, EmptySchema, Form, Pages, form_page
from core.permissions import authorise
from instruments.models import Instrument
from instruments.permissions import may_manage, may_offer, may_search
from instruments.queries.instruments import find_instrument
from instruments.queries.photos import find_photo, photo_of, photos_of
from instruments.schemas.photos import NewPhotoSchema, PhotoFieldsSchema
from instruments.service import photos as service

photos = Pages("photo_pages", __name__, url_prefix="/instruments/<int:instrument_id>/photos")


@photos.route("", methods=["GET", "POST"])
@allow(may_offer)
def index(instrument_id: int) -> Response:
    """The photos there are, and one more."""
    instrument = _own(instrument_id)
    here = url_for("photo_pages.index", instrument_id=instrument_id)

    def effect(given: dict[str, Any]) -> Done:
        upload: FileStorage = given.pop("file")
        service.add_photo(
            instrument_id=instrument_id,
            stream=cast(BinaryIO, upload.stream),
            filename=upload.filename or "",
            **given,
            actor=current_actor(),
            now=clock.now(),
        )
        return Done(here, "page.photo_new.done")

    return form_page(
        Form(NewPhotoSchema, name="photo_new"),
        effect=effect,
        back=url_for("instrument_pages.one", instrument_id=instrument_id),
        template="instruments/photos.html",
        instrument=instrument,
        photos=photos_of(instrument_id),
    )


@photos.route("/<int:photo_id>/edit", methods=["GET", "POST"])
@allow(may_offer)
def edit(instrument_id: int, photo_id: int) -> Response:
    """Captions and place of a photo."""
    _own(instrument_id)
    photo = photo_of(instrument_id, photo_id)
    here = url_for("photo_pages.index", instrument_id=instrument_id)
    names = ("caption", "caption_en", "position")
    form = Form(PhotoFieldsSchema, name="photo_edit", initial={name: getattr(photo, name) for name in names})

    def effect(given: dict[str, Any]) -> Done:
        service.change_photo(
            instrument_id=instrument_id, photo_id=photo_id, **given, actor=current_actor(), now=clock.now()
        )
        return Done(here, "page.photo_edit.done")

    return form_page(form, effect=effect, back=here)


@photos.route("/<int:photo_id>/removal", methods=["GET", "POST"])
@allow(may_offer)
def remove(instrument_id: int, photo_id: int) -> Response:
    """Take a photo away."""
    _own(instrument_id)
    here = url_for("photo_pages.index", instrument_id=instrument_id)

    def effect(_given: dict[str, Any]) -> Done:
        service.remove_photo(instrument_id=instrument_id, photo_id=photo_id, actor=current_actor(), now=clock.now())
        return Done(here, "page.photo_removal.done")

    # Once it is gone there is nothing to show, but the same form sent twice is still answered as the first time.
    facts = []
    if request.method == "GET":
        photo = photo_of(instrument_id, photo_id)
        facts = [("fact.photo_caption", photo.caption or photo.caption_en), ("column.filename", photo.file.filename)]
    return form_page(Form(EmptySchema, name="photo_removal"), effect=effect, back=here, facts=facts)


@photos.get("/<int:photo_id>/picture")
@allow(may_search)
def show(instrument_id: int, photo_id: int) -> Response:
    """The picture itself."""
    return picture(find_photo(instrument_id, photo_id, actor=current_actor()).file)


def _own(instrument_id: int) -> Instrument:
    instrument = find_instrument(instrument_id, actor=current_actor())
    authorise(current_actor(), may_manage, instrument)
    return instrument
