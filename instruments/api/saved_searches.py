"""Kept searches over HTTP."""

from __future__ import annotations

from typing import Any

from accounts.permissions import signed_in
from core import clock
from core.http import Blueprint, CursorSchema, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from instruments.models import Instrument, SavedSearch
from instruments.queries.catalogue import Search, SearchRefused
from instruments.queries.details import details
from instruments.queries.saved_searches import (
    KeptSearch,
    SavedSearchMissing,
    find_saved_search,
    found_last,
    own_searches,
    with_looks,
)
from instruments.schemas.instruments import InstrumentSchema
from instruments.schemas.saved_searches import NewSavedSearchSchema, SavedSearchNameSchema, SavedSearchSchema
from instruments.service import saved_searches as service
from instruments.service.saved_searches import SavedSearchRefused, TooManySavedSearches

saved_searches = Blueprint(
    "saved-searches",
    __name__,
    url_prefix="/saved-searches",
    description="Searches one keeps, and is told of once a day when something newly answers.",
)


@saved_searches.route("", methods=["GET"])
@allow(signed_in)
@saved_searches.arguments(CursorSchema, location="query")
@saved_searches.response(200, page_schema(SavedSearchSchema))
def list_searches(page: dict[str, Any]) -> dict[str, Any]:
    """The searches one keeps"""
    found = page_of(own_searches(current_actor()), **page, key=SavedSearch.id)
    return {**found, "items": with_looks(found["items"])}


@saved_searches.route("", methods=["POST"])
@allow(signed_in)
@problems(SavedSearchRefused, TooManySavedSearches, SearchRefused)
@idempotent
@saved_searches.arguments(NewSavedSearchSchema)
@saved_searches.response(201, SavedSearchSchema)
def save(given: dict[str, Any]) -> KeptSearch:
    """Keep a search

    Once a day, a notice tells how many instruments published since the last look answer it, if any do.
    """
    wanted = Search(**given["search"])
    return _shown(service.save_search(name=given["name"], wanted=wanted, actor=current_actor(), now=clock.now()))


@saved_searches.route("/<int:saved_search_id>", methods=["GET"])
@allow(signed_in)
@problems(SavedSearchMissing)
@saved_searches.response(200, SavedSearchSchema)
def show(saved_search_id: int) -> KeptSearch:
    """A search one keeps"""
    return _shown(find_saved_search(saved_search_id, actor=current_actor()))


@saved_searches.route("/<int:saved_search_id>/instruments", methods=["GET"])
@allow(signed_in)
@problems(SavedSearchMissing)
@saved_searches.arguments(CursorSchema, location="query")
@saved_searches.response(200, page_schema(InstrumentSchema))
def instruments(page: dict[str, Any], saved_search_id: int) -> dict[str, Any]:
    """What its latest look found

    The instruments newly published then, as far as they still answer.
    """
    actor = current_actor()
    found = page_of(found_last(find_saved_search(saved_search_id, actor=actor)), **page, key=Instrument.id)
    on = clock.today(clock.now())
    return {**found, "items": [details(each, actor=actor, on=on) for each in found["items"]]}


@saved_searches.route("/<int:saved_search_id>", methods=["PATCH"])
@allow(signed_in)
@problems(SavedSearchMissing, SavedSearchRefused)
@saved_searches.arguments(SavedSearchNameSchema)
@saved_searches.response(200, SavedSearchSchema)
def rename(given: dict[str, Any], saved_search_id: int) -> KeptSearch:
    """Rename a kept search"""
    renamed = service.rename_search(saved_search_id=saved_search_id, **given, actor=current_actor(), now=clock.now())
    return _shown(renamed)


@saved_searches.route("/<int:saved_search_id>/pause", methods=["POST"])
@allow(signed_in)
@problems(SavedSearchMissing, StateForbids)
@idempotent
@saved_searches.response(201, SavedSearchSchema)
def pause(saved_search_id: int) -> KeptSearch:
    """Be told no more for a while"""
    return _shown(service.pause_search(saved_search_id=saved_search_id, actor=current_actor(), now=clock.now()))


@saved_searches.route("/<int:saved_search_id>/resumption", methods=["POST"])
@allow(signed_in)
@problems(SavedSearchMissing, StateForbids)
@idempotent
@saved_searches.response(201, SavedSearchSchema)
def resume(saved_search_id: int) -> KeptSearch:
    """Be told again

    Of what is published from now on.
    """
    return _shown(service.resume_search(saved_search_id=saved_search_id, actor=current_actor(), now=clock.now()))


@saved_searches.route("/<int:saved_search_id>", methods=["DELETE"])
@allow(signed_in)
@problems(SavedSearchMissing)
@saved_searches.response(204)
def delete(saved_search_id: int) -> None:
    """Keep a search no longer

    Its name and filters are gone for good.
    """
    service.delete_search(saved_search_id=saved_search_id, actor=current_actor(), now=clock.now())


def _shown(kept: SavedSearch) -> KeptSearch:
    return with_looks([kept])[0]
