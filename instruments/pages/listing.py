"""Steps of a listing: submission, review, suspension, resumption, retirement (S11)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, url_for

from accounts.queries.names import organisation_names
from core import clock
from core.db import session
from core.http import allow, current_actor
from core.pages import Done, EmptySchema, Form, Pages, form_page, term
from core.pages.language import yuan
from core.permissions import Actor, Permission, authorise
from instruments.models import Instrument
from instruments.pages.listing_parts import about, listing_facts
from instruments.permissions import may_judge, may_manage, may_offer, may_review
from instruments.queries.details import details
from instruments.queries.instruments import find_instrument
from instruments.queries.interruptions import bookings_ahead
from instruments.queries.usage import attended
from instruments.schemas.instruments import (
    ListingNoteSchema,
    ListingRetirementSchema,
    ListingReviewSchema,
    ListingSuspensionSchema,
)
from instruments.service import listings as service

listing = Pages("listing_pages", __name__, url_prefix="/instruments")

Act = Callable[[dict[str, Any]], object]

MOST_MET = 50
"""So many bookings are shown before they are met; all of them are told."""


@listing.route("/<int:instrument_id>/listing", methods=["GET", "POST"])
@allow(may_offer)
def submit(instrument_id: int) -> Response:
    """The owner hands the listing to its bureau."""
    actor = current_actor()
    return _step(
        _found(instrument_id, may_manage, actor),
        Form(EmptySchema, name="listing_submission"),
        lambda _given: service.submit_listing(instrument_id=instrument_id, actor=actor, now=clock.now()),
    )


@listing.route("/<int:instrument_id>/listing-review", methods=["GET", "POST"])
@allow(may_review)
def review(instrument_id: int) -> Response:
    """The bureau approves the listing or returns it with every defect."""
    actor, now = current_actor(), clock.now()
    instrument = _found(instrument_id, may_judge, actor)
    shown = details(instrument, actor=actor, on=clock.today(now))["listing"]
    return _step(
        instrument,
        Form(ListingReviewSchema, name="listing_review", widgets={"decision": "radio"}),
        lambda given: service.review_listing(instrument_id=instrument_id, **given, actor=actor, now=now),
        done=url_for("review_pages.index"),
        template="instruments/listing_review.html",
        about=about(instrument, on=clock.today(now)),
        listing=shown,
        listing_facts=listing_facts(shown),
    )


@listing.route("/<int:instrument_id>/suspension", methods=["GET", "POST"])
@allow(may_offer | may_review)
def suspend(instrument_id: int) -> Response:
    """The owner or the bureau takes it out of the catalogue for a while."""
    actor = current_actor()
    instrument, ahead = _found(instrument_id, may_manage | may_judge, actor), _met(instrument_id)
    return _step(
        instrument,
        Form(ListingSuspensionSchema, name="listing_suspension", required=["note"] if ahead else []),
        lambda given: service.suspend_listing(instrument_id=instrument_id, **given, actor=actor, now=clock.now()),
        template="instruments/interruption.html",
        confirms=bool(ahead),
        ahead=ahead,
    )


@listing.route("/<int:instrument_id>/resumption", methods=["GET", "POST"])
@allow(may_offer | may_review)
def resume(instrument_id: int) -> Response:
    """Back into the catalogue."""
    actor = current_actor()
    return _step(
        _found(instrument_id, may_manage | may_judge, actor),
        Form(ListingNoteSchema, name="listing_resumption"),
        lambda given: service.resume_listing(instrument_id=instrument_id, **given, actor=actor, now=clock.now()),
    )


@listing.route("/<int:instrument_id>/retirement", methods=["GET", "POST"])
@allow(may_offer)
def retire(instrument_id: int) -> Response:
    """The owner ends the listing for good."""
    actor = current_actor()
    instrument, ahead = _found(instrument_id, may_manage, actor), _met(instrument_id)
    return _step(
        instrument,
        Form(ListingRetirementSchema, name="listing_retirement", required=["note"] if ahead else [], ends=True),
        lambda given: service.retire_listing(instrument_id=instrument_id, **given, actor=actor, now=clock.now()),
        confirms=True,
        template="instruments/interruption.html",
        ahead=ahead,
    )


def _met(instrument_id: int) -> list[dict[str, Any]]:
    """The bookings that going out of service meets, the soonest first, as the form shows them."""
    now = clock.now()
    found = attended(session().scalars(bookings_ahead(instrument_id, now=now).limit(MOST_MET)))
    names = organisation_names({each.booking.organisation_id for each in found if each.booking.organisation_id})
    return [
        {
            "order": each.booking.order_id,
            "user": names.get(each.booking.organisation_id or 0),
            "starts_at": each.booking.slot.start,
            "ends_at": each.booking.slot.end,
        }
        for each in found
    ]


def _found(instrument_id: int, allowed: Permission, actor: Actor) -> Instrument:
    """The instrument, for those who may take the step; to others the form is not shown either."""
    instrument = find_instrument(instrument_id, actor=actor)
    authorise(actor, allowed, instrument)
    return instrument


def _step(
    instrument: Instrument,
    form: Form,
    act: Act,
    *,
    done: str | None = None,
    confirms: bool = False,
    template: str = "form_page.html",
    **shown: Any,
) -> Response:
    """A step of a listing: its form, and back to the instrument, or to ``done``, with word of what was done."""
    here = url_for("instrument_pages.one", instrument_id=instrument.id)

    def effect(given: dict[str, Any]) -> Done:
        act(given)
        return Done(done or here, f"page.{form.name}.done", {"name": instrument.name})

    facts = [
        ("column.instrument", instrument.name),
        ("field_label.model", instrument.model),
        ("column.provider", instrument.provider.name),
        ("column.value", yuan(instrument.value_fen)),
        ("column.state", term(instrument.state)),
    ]
    return form_page(
        form,
        effect=effect,
        back=here,
        confirms=confirms,
        template=template,
        instrument=instrument,
        facts=facts,
        **shown,
    )
