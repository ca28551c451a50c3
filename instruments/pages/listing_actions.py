"""What whoever looks at an instrument may do next, as buttons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import url_for

from core.pages.language import t
from core.permissions import Actor
from instruments.models import Instrument, Service
from instruments.permissions import may_judge, may_manage
from instruments.queries.terms import LISTED
from instruments.states import LISTING, SERVICE, ListingState, ServiceState
from instruments.steps.describing import EDITABLE_STATES

_OF_OWNER = {
    "submit": ("listing_submission", "listing_pages.submit"),
    "suspend": ("listing_suspension", "listing_pages.suspend"),
    "resume": ("listing_resumption", "listing_pages.resume"),
    "retire": ("listing_retirement", "listing_pages.retire"),
}
"""Actions of the table that its owner may take, each with its form and view."""
_OF_REVIEWER = {
    "publish": ("listing_review", "listing_pages.review"),
    "suspend": _OF_OWNER["suspend"],
    "resume": _OF_OWNER["resume"],
}
_ONWARD = {"submit", "publish", "resume"}
_OF_SERVICE = {
    "publish": ("service_publication", "own_service_pages.publish"),
    "withdraw": ("service_withdrawal", "own_service_pages.withdraw"),
}


def next_actions(instrument: Instrument, *, actor: Actor) -> list[dict[str, Any]]:
    """Buttons for the owner or the reviewing authority; setbacks come last."""
    if may_manage(actor, instrument):
        found = _for_owner(instrument)
    elif may_judge(actor, instrument):
        found = _for_reviewer(instrument)
    else:
        found = iter(())
    return sorted(found, key=lambda action: bool(action["danger"]))


def service_actions(service: Service, *, actor: Actor) -> list[dict[str, Any]]:
    """Buttons for the owner of a service."""
    if not may_manage(actor, service):
        return []
    steps = [
        _button(form, view, primary=action == "publish", danger=action == "withdraw", service_id=service.id)
        for action, (form, view) in _OF_SERVICE.items()
        if action in SERVICE.actions(service.state)
    ]
    if service.state is ServiceState.PUBLISHED:
        steps.append(_button("price_new", "price_pages.new", service_id=service.id))
    steps += _of_consent(service)
    return [*steps, _button("service_edit", "own_service_pages.edit", service_id=service.id)]


def _of_consent(service: Service) -> Iterator[dict[str, Any]]:
    """Accepting orders ahead, or being asked again; a consent may be taken back whatever became of the service."""
    if service.consent_id is not None:
        yield _button("consent_revocation", "consent_pages.revoke", service_id=service.id)
    elif service.state is ServiceState.PUBLISHED:
        yield _button("consent", "consent_pages.give", service_id=service.id)


def _for_owner(instrument: Instrument) -> Iterator[dict[str, Any]]:
    yield from _steps(instrument, _OF_OWNER)
    if instrument.state in EDITABLE_STATES:
        yield _button("instrument_edit", "own_instrument_pages.edit", instrument_id=instrument.id)
    yield from _reporting(instrument)
    yield _button("uses", "usage_pages.index", instrument_id=instrument.id)
    yield _button("comparison", "comparison_pages.index", instrument_id=instrument.id)
    if instrument.state is not ListingState.RETIRED:
        yield _button("opening_hours", "hours_pages.edit", instrument_id=instrument.id)
        yield _button("opening_season_new", "season_pages.index", instrument_id=instrument.id)
        yield _button("booking_rules", "booking_rule_pages.for_one", instrument_id=instrument.id)
        yield _button("photo_new", "photo_pages.index", instrument_id=instrument.id)
        yield _button(
            "calendar_address_new", "calendar_address_pages.issue_for_instrument", instrument_id=instrument.id
        )
        yield _button("closure_new", "closure_pages.index", instrument_id=instrument.id)
        yield _button("service_new", "own_service_pages.new", instrument=instrument.id)
        yield _button("exemption_new", "exemption_pages.new", instrument_id=instrument.id)
        if instrument.duty_free:
            yield _button("duty_free_record", "duty_free_pages.record", instrument_id=instrument.id)


def _for_reviewer(instrument: Instrument) -> Iterator[dict[str, Any]]:
    yield from _steps(instrument, _OF_REVIEWER)
    yield from _reporting(instrument)
    yield _button("uses", "usage_pages.index", instrument_id=instrument.id)
    yield _button("comparison", "comparison_pages.index", instrument_id=instrument.id)


def _reporting(instrument: Instrument) -> Iterator[dict[str, Any]]:
    if instrument.state in LISTED:
        yield _button("reported_change_new", "term_pages.report", instrument_id=instrument.id)


def _steps(instrument: Instrument, known: dict[str, tuple[str, str]]) -> Iterator[dict[str, Any]]:
    for action, (form, view) in known.items():
        if action in LISTING.actions(instrument.state):
            onward = action in _ONWARD
            yield _button(form, view, primary=onward, danger=not onward, instrument_id=instrument.id)


def _button(form: str, view: str, *, primary: bool = False, danger: bool = False, **at: Any) -> dict[str, Any]:
    return {"label": t(f"page.{form}.title"), "href": url_for(view, **at), "primary": primary, "danger": danger}
