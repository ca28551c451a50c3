"""Photos of an instrument: added, put in order, told in words, removed; by its owner alone."""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO

from core import audit
from core.db import transaction
from core.errors import Conflict, Forbidden
from core.files import JPEG, PNG, read_upload, store_upload
from core.permissions import Actor, authorise
from core.states import state_refusal
from instruments.models import Instrument, InstrumentPhoto
from instruments.permissions import may_manage
from instruments.queries.instruments import lock_instrument
from instruments.queries.photos import photo_of, photos_of
from instruments.states import LISTING, ListingState

MOST_PHOTOS = 12
"""An engineering limit: a page shows them all."""


MOST_BYTES = 5 << 20
PHOTO_TYPES = frozenset({JPEG, PNG})


class PhotosFull(Conflict):
    """The instrument has as many photos as it may have."""

    code = "photos_full"


def add_photo(
    *,
    instrument_id: int,
    stream: BinaryIO,
    filename: str,
    caption: str,
    caption_en: str,
    actor: Actor,
    now: datetime,
) -> InstrumentPhoto:
    """Put a photo behind the others. Raises :class:`PhotosFull` and what an upload is refused for.

    It is kept as it came: nothing here takes out what a camera wrote into it, and the page says so.
    """
    with transaction() as current:
        instrument = _lock(instrument_id, actor)
        upload = read_upload(stream, filename=filename, known=PHOTO_TYPES, limit_bytes=MOST_BYTES)
        there = photos_of(instrument.id)
        if len(there) >= MOST_PHOTOS:
            raise PhotosFull(limit=MOST_PHOTOS)
        if actor.user_id is None:
            raise Forbidden
        stored = store_upload(upload, owner_id=instrument.provider_id, now=now)
        photo = InstrumentPhoto(
            instrument_id=instrument.id,
            file_id=stored.id,
            position=there[-1].position + 1 if there else 1,
            caption=caption,
            caption_en=caption_en,
            added_by=actor.user_id,
            added_at=now,
        )
        photo.file = stored
        current.add(photo)
        current.flush()
        _record(instrument, "add_photo", photo, actor=actor, now=now)
        return photo


def change_photo(
    *,
    instrument_id: int,
    photo_id: int,
    actor: Actor,
    now: datetime,
    caption: str | None = None,
    caption_en: str | None = None,
    position: int | None = None,
) -> InstrumentPhoto:
    """Change captions or the place among the others, from 1; one behind the last is the last. None stays."""
    with transaction():
        instrument = _lock(instrument_id, actor)
        photo = photo_of(instrument.id, photo_id)
        photo.caption = photo.caption if caption is None else caption
        photo.caption_en = photo.caption_en if caption_en is None else caption_en
        if position is not None:
            others = [each for each in photos_of(instrument.id) if each.id != photo.id]
            others.insert(position - 1, photo)
            for place, each in enumerate(others, start=1):
                each.position = place
        _record(instrument, "change_photo", photo, actor=actor, now=now)
        return photo


def remove_photo(*, instrument_id: int, photo_id: int, actor: Actor, now: datetime) -> None:
    """Take a photo away; the trail keeps which file it was."""
    with transaction() as current:
        instrument = _lock(instrument_id, actor)
        photo = photo_of(instrument.id, photo_id)
        _record(instrument, "remove_photo", photo, actor=actor, now=now)
        current.delete(photo)


def _lock(instrument_id: int, actor: Actor) -> Instrument:
    instrument = lock_instrument(instrument_id, actor=actor)
    authorise(actor, may_manage, instrument)
    if instrument.state is ListingState.RETIRED:
        raise state_refusal(instrument.state, "update", transitions=LISTING)
    return instrument


def _record(instrument: Instrument, action: str, photo: InstrumentPhoto, *, actor: Actor, now: datetime) -> None:
    instrument.updated_at = now
    data = {"photo": photo.id, "sha256": photo.file.sha256}
    audit.record(actor=actor, now=now, action=action, subject=instrument, data=data)
