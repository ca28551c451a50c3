"""Opening hours of an instrument: its week."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from core import clock
from core.http import allow, current_actor
from core.pages import Done, Pages, form_page
from core.permissions import authorise
from instruments.pages.week_forms import TypedWeek, week_form
from instruments.permissions import may_manage, may_offer
from instruments.queries.calendar import opening_hours
from instruments.queries.instruments import find_instrument
from instruments.service.calendar import HoursRefused, set_opening_hours

hours = Pages("hours_pages", __name__, url_prefix="/instruments")


@hours.route("/<int:instrument_id>/opening-hours", methods=["GET", "POST"])
@allow(may_offer)
def edit(instrument_id: int) -> Response:
    """The whole week at once, as the API takes it."""
    instrument = find_instrument(instrument_id, actor=current_actor())
    authorise(current_actor(), may_manage, instrument)
    form, rows = week_form("opening_hours", opening_hours(instrument_id))
    here = url_for("instrument_pages.one", instrument_id=instrument_id)

    def effect(given: dict[str, Any]) -> Done:
        typed = TypedWeek(given, form)
        try:
            set_opening_hours(instrument_id=instrument_id, hours=typed.hours(), actor=current_actor(), now=clock.now())
        except HoursRefused as refused:
            raise typed.refusal(refused) from refused
        return Done(here, "page.opening_hours.done")

    return form_page(
        form, effect=effect, back=here, template="instruments/opening_hours.html", instrument=instrument, rows=rows
    )
