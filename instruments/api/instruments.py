"""The catalogue and its listings over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Response

from core import clock
from core.http import (
    ETAG_HEADER,
    IF_CHANGED,
    IF_MATCH,
    Blueprint,
    allow,
    asked_condition,
    conditional,
    current_actor,
    idempotent,
    is_known,
    not_modified,
    problems,
    tagged,
)
from core.states import StateForbids
from instruments.models import Instrument, ListingInterruption
from instruments.permissions import may_offer, may_read_bookings, may_review, may_search
from instruments.queries import catalogue
from instruments.queries.availability import WindowRefused, availability
from instruments.queries.calendar import OccupancyMissing, opening_hours
from instruments.queries.calendar_feeds import calendar_feed
from instruments.queries.catalogue import SearchCursorUnknown, SearchRefused
from instruments.queries.classes import classes_below
from instruments.queries.details import details, instrument_details
from instruments.queries.instruments import InstrumentMissing, find_instrument
from instruments.queries.interruptions import InterruptionMissing, find_interruption
from instruments.queries.nearby import nearby
from instruments.queries.offers import SlotTaken
from instruments.queries.suggestions import Suggested, suggest
from instruments.schemas.calendars import (
    AvailabilityQuerySchema,
    AvailabilitySchema,
    ClosureRemovalSchema,
    ClosureSchema,
    NewClosureSchema,
    WeekSchema,
)
from instruments.schemas.classes import ClassesQuerySchema, ClassesSchema
from instruments.schemas.instruments import (
    ALL_FACETS,
    NO_FACETS,
    InstrumentFieldsSchema,
    InstrumentSchema,
    InterruptionSchema,
    ListingNoteSchema,
    ListingRetirementSchema,
    ListingReviewSchema,
    ListingSuspensionSchema,
    NewInstrumentSchema,
    SearchResultSchema,
    SearchSchema,
)
from instruments.schemas.suggestions import SuggestionQuerySchema, SuggestionsSchema
from instruments.service import calendar, listings
from instruments.service.calendar import HoursRefused
from instruments.service.listings import (
    NotTheReviewer,
    ProviderNotMember,
    SuspendedByAuthority,
)
from instruments.steps import SlotRefused
from instruments.steps.describing import ExternalIdTaken, InstrumentRefused, ListingRefused
from instruments.steps.restrictions import ProviderRestricted

DEFAULT_LOOK = timedelta(days=7)

instruments = Blueprint(
    "instruments", __name__, url_prefix="/instruments", description="The catalogue, its listings and calendars."
)


@instruments.route("", methods=["GET"])
@allow(may_search)
@problems(SearchRefused, SearchCursorUnknown)
@instruments.arguments(SearchSchema, location="query")
@instruments.response(200, SearchResultSchema)
def search(given: dict[str, Any]) -> dict[str, Any]:
    """Search the catalogue

    Published instruments, for everybody; a provider also finds its own in any state. Totals and facets are exact
    unless total_is_estimate. While the search index is missing or behind, the database answers, and source says so.
    Where nothing is found, `nearby` says what is near.
    """
    cursor, limit, facets = given.pop("cursor", None), given.pop("limit"), given.pop("facets")
    chosen = _facets(facets)
    wanted = catalogue.Search(**given, facets=chosen)
    actor, now = current_actor(), clock.now()
    found = catalogue.search(wanted, cursor=cursor, limit=limit, actor=actor, now=now)
    return {**found, "nearby": None if found["total"] else nearby(wanted, actor=actor, now=now)}


@instruments.route("/suggestions", methods=["GET"])
@allow(may_search)
@instruments.arguments(SuggestionQuerySchema, location="query")
@instruments.response(200, SuggestionsSchema)
def suggestions(given: dict[str, Any]) -> Suggested:
    """Suggestions while typing

    Names, models, categories, providers and services of what is listed, by words, pinyin or initials. While the search
    index is missing or behind, the database answers, without pinyin, and source says so.
    """
    return suggest(given["q"])


@instruments.route("/classes", methods=["GET"])
@allow(may_search)
@instruments.arguments(ClassesQuerySchema, location="query")
@instruments.response(200, ClassesSchema)
def classes(given: dict[str, Any]) -> dict[str, Any]:
    """National classes, level by level

    The tree `category` narrows a search by; empty until the office has imported it.
    """
    below = classes_below(given["under"])
    return {"items": [{"digits": digits, "name": each.name, "name_en": each.name_en} for digits, each in below]}


@instruments.route("", methods=["POST"])
@allow(may_offer)
@problems(InstrumentRefused, ExternalIdTaken)
@idempotent
@instruments.arguments(NewInstrumentSchema)
@instruments.response(201, InstrumentSchema)
def create(given: dict[str, Any]) -> dict[str, Any]:
    """Draft an instrument

    By its provider. It becomes public once it is submitted and the bureau has approved it.
    """
    return _shown(listings.create_instrument(fields=given, actor=current_actor(), now=clock.now()))


@instruments.route("/<int:instrument_id>", methods=["GET"])
@allow(may_search)
@problems(InstrumentMissing)
@conditional(IF_CHANGED)
@instruments.response(200, InstrumentSchema, headers=ETAG_HEADER)
@instruments.alt_response(304, description="Nothing has changed.", headers=ETAG_HEADER)  # type: ignore[untyped-decorator]
def show(instrument_id: int) -> Any:
    """An instrument

    With how its listing stands, for its owner and the authorities; its version is the ETag.
    """
    shown = instrument_details(instrument_id, actor=current_actor(), on=clock.today(clock.now()))
    version = shown["instrument"].version
    return not_modified(version) if is_known(version) else tagged(shown, version)


@instruments.route("/<int:instrument_id>", methods=["PATCH"])
@allow(may_offer)
@problems(InstrumentMissing, InstrumentRefused, ListingRefused, StateForbids)
@conditional(IF_MATCH)
@instruments.arguments(InstrumentFieldsSchema(partial=True))
@instruments.response(200, InstrumentSchema, headers=ETAG_HEADER)
def update(given: dict[str, Any], instrument_id: int) -> Any:
    """Change an instrument

    By its provider, unless it is under review or retired. What is left out stays.
    """
    changed = listings.update_instrument(
        instrument_id=instrument_id,
        changes=given,
        condition=asked_condition(),
        actor=current_actor(),
        now=clock.now(),
    )
    return tagged(_shown(changed), changed.version)


@instruments.route("/<int:instrument_id>/listing", methods=["POST"])
@allow(may_offer)
@problems(InstrumentMissing, ListingRefused, StateForbids, ProviderNotMember, ProviderRestricted)
@idempotent
@instruments.response(201, InstrumentSchema)
def submit(instrument_id: int) -> dict[str, Any]:
    """Submit a listing

    To the bureau of the provider's city, or the province for a provider from outside. Everything missing is named.
    """
    return _shown(listings.submit_listing(instrument_id=instrument_id, actor=current_actor(), now=clock.now()))


@instruments.route("/<int:instrument_id>/listing-review", methods=["POST"])
@allow(may_review)
@problems(InstrumentMissing, ListingRefused, InstrumentRefused, StateForbids, NotTheReviewer)
@idempotent
@instruments.arguments(ListingReviewSchema)
@instruments.response(201, InstrumentSchema)
def review(given: dict[str, Any], instrument_id: int) -> dict[str, Any]:
    """Review a listing

    Approve it, which makes it public, or return it with every defect (S11).
    """
    return _shown(listings.review_listing(instrument_id=instrument_id, **given, actor=current_actor(), now=clock.now()))


@instruments.route("/<int:instrument_id>/suspension", methods=["POST"])
@allow(may_offer | may_review)
@problems(InstrumentMissing, ListingRefused, StateForbids)
@idempotent
@instruments.arguments(ListingSuspensionSchema)
@instruments.response(201, InstrumentSchema)
def suspend(given: dict[str, Any], instrument_id: int) -> dict[str, Any]:
    """Suspend a listing

    By its provider or its bureau. Bookings made before stand, but may be cancelled without a fee; who made them is told
    why, so a note is needed where there are any (`GET /bookings?instrument_id=…&ends_after=…` shows them).
    """
    return _shown(
        listings.suspend_listing(instrument_id=instrument_id, **given, actor=current_actor(), now=clock.now())
    )


@instruments.route("/<int:instrument_id>/resumption", methods=["POST"])
@allow(may_offer | may_review)
@problems(InstrumentMissing, ListingRefused, StateForbids, SuspendedByAuthority)
@idempotent
@instruments.arguments(ListingNoteSchema)
@instruments.response(201, InstrumentSchema)
def resume(given: dict[str, Any], instrument_id: int) -> dict[str, Any]:
    """End a suspension

    By its provider or its bureau; by the bureau only where the bureau suspended it.
    """
    return _shown(listings.resume_listing(instrument_id=instrument_id, **given, actor=current_actor(), now=clock.now()))


@instruments.route("/<int:instrument_id>/retirement", methods=["POST"])
@allow(may_offer)
@problems(InstrumentMissing, ListingRefused, StateForbids)
@idempotent
@instruments.arguments(ListingRetirementSchema)
@instruments.response(201, InstrumentSchema)
def retire(given: dict[str, Any], instrument_id: int) -> dict[str, Any]:
    """Retire an instrument

    By its provider, for good; as with a suspension, a note is needed where there are bookings.
    """
    return _shown(listings.retire_listing(instrument_id=instrument_id, **given, actor=current_actor(), now=clock.now()))


@instruments.route("/<int:instrument_id>/interruption", methods=["GET"])
@allow(may_read_bookings)
@problems(InstrumentMissing, InterruptionMissing)
@instruments.response(200, InterruptionSchema)
def interruption(instrument_id: int) -> ListingInterruption:
    """Why it is out of service

    For its provider, its offices, and whoever has booked it; 404 while it is in service.
    """
    return find_interruption(instrument_id, actor=current_actor())


@instruments.route("/<int:instrument_id>/opening-hours", methods=["GET"])
@allow(may_search)
@problems(InstrumentMissing)
@instruments.response(200, WeekSchema)
def hours(instrument_id: int) -> dict[str, Any]:
    """Opening hours

    The week, in Asia/Shanghai.
    """
    return {"hours": opening_hours(find_instrument(instrument_id, actor=current_actor()).id)}


@instruments.route("/<int:instrument_id>/opening-hours", methods=["PUT"])
@allow(may_offer)
@problems(InstrumentMissing, HoursRefused)
@instruments.arguments(WeekSchema)
@instruments.response(200, WeekSchema)
def set_hours(given: dict[str, Any], instrument_id: int) -> dict[str, Any]:
    """Set opening hours

    The whole week at once. Bookings made before stand.
    """
    week = calendar.set_opening_hours(instrument_id=instrument_id, **given, actor=current_actor(), now=clock.now())
    return {"hours": week}


@instruments.route("/<int:instrument_id>/closures", methods=["POST"])
@allow(may_offer)
@problems(InstrumentMissing, SlotRefused, SlotTaken)
@idempotent
@instruments.arguments(NewClosureSchema)
@instruments.response(201, ClosureSchema)
def close(given: dict[str, Any], instrument_id: int) -> Any:
    """Close an instrument for a while

    For closure or maintenance, where nothing is booked; perhaps as a series, all of it or nothing, whose first is
    answered.
    """
    return calendar.add_closure(instrument_id=instrument_id, **given, actor=current_actor(), now=clock.now())


@instruments.route("/<int:instrument_id>/closures/<int:closure_id>", methods=["DELETE"])
@allow(may_offer)
@problems(InstrumentMissing, OccupancyMissing)
@instruments.arguments(ClosureRemovalSchema, location="query")
@instruments.response(204)
def reopen(given: dict[str, Any], instrument_id: int, closure_id: int) -> None:
    """End a closure early

    Closures and maintenance only; bookings end with their orders.
    """
    calendar.remove_closure(
        instrument_id=instrument_id, occupancy_id=closure_id, **given, actor=current_actor(), now=clock.now()
    )


@instruments.route("/<int:instrument_id>/availability", methods=["GET"])
@allow(may_search)
@problems(InstrumentMissing, WindowRefused)
@instruments.arguments(AvailabilityQuerySchema, location="query")
@instruments.response(200, AvailabilitySchema)
def available(given: dict[str, Any], instrument_id: int) -> dict[str, Any]:
    """When an instrument can be booked

    Under its opening hours and rules, less what is taken; whoever took it is not named. With a length also where a
    booking of it may begin. Quotas of a user organisation are not looked at there: `quota` says what is left of them.
    """
    now = clock.now()
    start = given.get("starts_at") or now
    end = given.get("ends_at") or start + DEFAULT_LOOK
    minutes = given.get("minutes")
    length = None if minutes is None else timedelta(minutes=minutes)
    return availability(
        instrument_id,
        start=start,
        end=end,
        length=length,
        actor=current_actor(),
        now=now,
        organisation_id=given.get("organisation_id"),
    )


@instruments.route("/<int:instrument_id>/calendar.ics", methods=["GET"])
@allow(may_search)
@problems(InstrumentMissing)
@instruments.response(200, {"type": "string"}, content_type="text/calendar")
def feed(instrument_id: int) -> Response:
    """Its calendar as iCalendar

    What is taken, without names; the time kept free around a booking counts as its own.
    """
    content = calendar_feed(instrument_id, actor=current_actor(), now=clock.now())
    return Response(content, content_type="text/calendar; charset=utf-8")


def _shown(instrument: Instrument) -> dict[str, Any]:
    return details(instrument, actor=current_actor(), on=clock.today(clock.now()))


def _facets(given: str) -> tuple[str, ...]:
    if given.strip().lower() in ALL_FACETS:
        return catalogue.FACETS
    if given.strip().lower() in NO_FACETS:
        return ()
    return tuple(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))
