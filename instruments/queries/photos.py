"""Photos as whoever may see the instrument sees them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from instruments.models import InstrumentPhoto
from instruments.queries.instruments import find_instrument


class PhotoMissing(NotFound):
    """The instrument has no such photo."""

    code = "photo_missing"


def photos_of(instrument_id: int) -> Sequence[InstrumentPhoto]:
    """The photos of an instrument in their order; whether it may be seen is for the caller to know."""
    found = select(InstrumentPhoto).where(InstrumentPhoto.instrument_id == instrument_id)
    return session().scalars(found.order_by(InstrumentPhoto.position, InstrumentPhoto.id)).all()


def find_photo(instrument_id: int, photo_id: int, *, actor: Actor) -> InstrumentPhoto:
    """A photo of an instrument that the actor may see; raises ``InstrumentMissing`` and :class:`PhotoMissing`."""
    find_instrument(instrument_id, actor=actor)
    return photo_of(instrument_id, photo_id)


def photo_of(instrument_id: int, photo_id: int) -> InstrumentPhoto:
    """A photo of an instrument; raises :class:`PhotoMissing`."""
    found = select(InstrumentPhoto).where(
        InstrumentPhoto.id == photo_id, InstrumentPhoto.instrument_id == instrument_id
    )
    photo = session().scalar(found)
    if photo is None:
        raise PhotoMissing
    return photo


def first_photos(instrument_ids: Iterable[int]) -> dict[int, InstrumentPhoto]:
    """The first photo of each instrument of a list; those without any are left out."""
    found = (
        select(InstrumentPhoto)
        .where(InstrumentPhoto.instrument_id.in_(list(instrument_ids)))
        .distinct(InstrumentPhoto.instrument_id)
        .order_by(InstrumentPhoto.instrument_id, InstrumentPhoto.position, InstrumentPhoto.id)
    )
    return {each.instrument_id: each for each in session().scalars(found)}
