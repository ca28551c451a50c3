"""Keeping the catalogue and another system alike: by the provider's own id, with versions, and the feed of changes."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError

from core import clock
from core.http import (
    ETAG_HEADER,
    IF_CHANGED,
    IF_MATCH,
    IF_NEW,
    Blueprint,
    TextField,
    allow,
    asked_condition,
    conditional,
    current_actor,
    is_known,
    not_modified,
    problems,
    tagged,
)
from core.http.problem import field_faults
from core.states import StateForbids
from instruments.permissions import may_offer, may_search
from instruments.queries.changes import ChangeCursorUnknown, changes
from instruments.queries.details import details
from instruments.queries.instruments import InstrumentMissing, find_own_instrument
from instruments.schemas.instruments import (
    InstrumentChangesQuerySchema,
    InstrumentChangesSchema,
    InstrumentSchema,
    PutInstrumentSchema,
)
from instruments.service import listings
from instruments.steps.describing import ExternalIdTaken, InstrumentRefused, ListingRefused

instrument_sync = Blueprint(
    "instrument_sync",
    __name__,
    url_prefix="/instruments",
    description="Instruments by their provider's own id, and what changed.",
)

OWN_ID = {
    "name": "own_id",
    "in": "path",
    "description": "The provider's own id of the instrument (external_id).",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}
OWN_ID_FIELD = TextField(max_length=200)
BY_ID = "/by-external-id/<path:own_id>"


@instrument_sync.route("/changes", methods=["GET"])
@allow(may_search)
@problems(ChangeCursorUnknown)
@instrument_sync.arguments(InstrumentChangesQuerySchema, location="query")
@instrument_sync.response(200, InstrumentChangesSchema)
def feed(given: dict[str, Any]) -> dict[str, Any]:
    """What changed

    For systems that keep a copy: everything once, then what changed since. The cursor of the last answer goes on later.
    """
    return changes(
        actor=current_actor(), cursor=given.get("cursor"), since=given.get("changed_since"), limit=given["limit"]
    )


@instrument_sync.route(BY_ID, methods=["GET"], parameters=[OWN_ID])
@allow(may_offer)
@problems(InstrumentMissing)
@conditional(IF_CHANGED)
@instrument_sync.response(200, InstrumentSchema, headers=ETAG_HEADER)
@instrument_sync.alt_response(304, description="Nothing has changed.", headers=ETAG_HEADER)  # type: ignore[untyped-decorator]
def show(own_id: str) -> Any:
    """One's own instrument by one's own id

    Its version is the ETag.
    """
    actor = current_actor()
    found = find_own_instrument(own_id, actor=actor)
    if is_known(found.version):
        return not_modified(found.version)
    return tagged(details(found, actor=actor, on=clock.today(clock.now())), found.version)


@instrument_sync.route(BY_ID, methods=["PUT"], parameters=[OWN_ID])
@allow(may_offer)
@problems(InstrumentRefused, ListingRefused, StateForbids, ExternalIdTaken)
@conditional(IF_MATCH, IF_NEW)
@instrument_sync.arguments(PutInstrumentSchema)
@instrument_sync.response(200, InstrumentSchema, headers=ETAG_HEADER)
@instrument_sync.alt_response(201, schema=InstrumentSchema, description="A new draft.", headers=ETAG_HEADER)  # type: ignore[untyped-decorator]
def put(given: dict[str, Any], own_id: str) -> Any:
    """State an instrument whole

    By its provider, by its own id: a new one is a draft, a known one is changed, and saying the same again changes
    nothing. What is left out is blank afterwards.
    """
    actor, now = current_actor(), clock.now()
    instrument, is_new = listings.put_instrument(
        external_id=_fit(own_id), fields=given, condition=asked_condition(), actor=actor, now=now
    )
    shown = details(instrument, actor=actor, on=clock.today(now))
    return tagged(shown, instrument.version, status=201 if is_new else 200)


def _fit(own_id: str) -> str:
    """The id as it is kept; raises :class:`InstrumentRefused` where it is none that may be kept."""
    try:
        return str(OWN_ID_FIELD.deserialize(own_id))
    except ValidationError as unfit:
        raise InstrumentRefused(reasons=list(field_faults({"path": {"external_id": unfit.messages}}))) from unfit
