"""Closures and maintenance of an instrument: those to come, one more, and their early end."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for

from core import clock
from core.http import allow, current_actor
from core.pages import Done, Form, Pages, form_page, term
from core.pages.language import moment
from core.permissions import authorise
from instruments.models import Instrument
from instruments.permissions import may_manage, may_offer
from instruments.queries.calendar import find_occupancy
from instruments.queries.instruments import find_instrument
from instruments.queries.listings import coming_closures
from instruments.rules.terms import OccupancyKind
from instruments.schemas.calendars import ClosureRemovalSchema, NewClosureSchema
from instruments.service import calendar as service

closures = Pages("closure_pages", __name__, url_prefix="/instruments")

KINDS = (OccupancyKind.CLOSURE, OccupancyKind.MAINTENANCE)


@closures.route("/<int:instrument_id>/closures", methods=["GET", "POST"])
@allow(may_offer)
def index(instrument_id: int) -> Response:
    """What is to come beside the calendar, and one more."""
    instrument = _own(instrument_id)
    form = Form(
        NewClosureSchema,
        name="closure_new",
        initial={"kind": OccupancyKind.CLOSURE},
        options={"kind": [(kind.value, term(kind)) for kind in KINDS]},
    )
    here = url_for("closure_pages.index", instrument_id=instrument_id)

    def effect(given: dict[str, Any]) -> Done:
        service.add_closure(instrument_id=instrument_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, "page.closure_new.done")

    return form_page(
        form,
        effect=effect,
        back=url_for("instrument_pages.one", instrument_id=instrument_id),
        template="instruments/closures.html",
        instrument=instrument,
        coming=coming_closures(instrument_id, now=clock.now()),
    )


@closures.route("/<int:instrument_id>/closures/<int:closure_id>/removal", methods=["GET", "POST"])
@allow(may_offer)
def remove(instrument_id: int, closure_id: int) -> Response:
    """Open it again before the closure ends."""
    _own(instrument_id)
    here = url_for("closure_pages.index", instrument_id=instrument_id)

    def effect(given: dict[str, Any]) -> Done:
        service.remove_closure(
            instrument_id=instrument_id, occupancy_id=closure_id, **given, actor=current_actor(), now=clock.now()
        )
        return Done(here, "page.closure_removal.done")

    # Once it is removed there is nothing to show, but the same form sent twice is still answered as the first time.
    facts = _facts(instrument_id, closure_id) if request.method == "GET" else []
    return form_page(Form(ClosureRemovalSchema, name="closure_removal"), effect=effect, back=here, facts=facts)


def _facts(instrument_id: int, closure_id: int) -> list[tuple[str, str]]:
    closure = find_occupancy(instrument_id, closure_id)
    return [
        ("fact.closure_kind", term(closure.kind)),
        ("fact.closed_from", moment(closure.during.start)),
        ("fact.closed_to", moment(closure.during.end)),
        ("fact.closure_note", closure.note),
    ]


def _own(instrument_id: int) -> Instrument:
    instrument = find_instrument(instrument_id, actor=current_actor())
    authorise(current_actor(), may_manage, instrument)
    return instrument
