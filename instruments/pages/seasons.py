"""Opening hours of ranges of days: those there are, one more, and their removal."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response, request, url_for

from core import clock
from core.http import allow, current_actor
from core.pages import Done, EmptySchema, Form, Pages, form_page
from core.pages.language import day, t
from core.permissions import authorise
from instruments.models import Instrument, OpeningSeason
from instruments.pages.calendars import said_hours
from instruments.pages.week_forms import TypedWeek, week_form
from instruments.permissions import may_manage, may_offer
from instruments.queries.calendar import opening_hours
from instruments.queries.instruments import find_instrument
from instruments.queries.seasons import find_season, hours_of_season, opening_seasons, season_rows
from instruments.schemas.calendars import NewSeasonSchema
from instruments.service import seasons as service
from instruments.service.calendar import HoursRefused

season_pages = Pages("season_pages", __name__, url_prefix="/instruments")


@season_pages.route("/<int:instrument_id>/opening-seasons", methods=["GET", "POST"])
@allow(may_offer)
def index(instrument_id: int) -> Response:
    """The ranges there are, and one more, begun from the week."""
    instrument = _own(instrument_id)
    asked = NewSeasonSchema().fields
    beside = {name: asked[name] for name in ("name", "first_day", "last_day")}
    form, rows = week_form("opening_season_new", opening_hours(instrument_id), beside=beside)
    here = url_for("season_pages.index", instrument_id=instrument_id)

    def effect(given: dict[str, Any]) -> Done:
        typed = TypedWeek(given, form)
        said = {name: given[name] for name in beside}
        try:
            service.add_season(
                instrument_id=instrument_id, **said, hours=typed.hours(), actor=current_actor(), now=clock.now()
            )
        except HoursRefused as refused:
            raise typed.refusal(refused) from refused
        return Done(here, "page.opening_season_new.done")

    return form_page(
        form,
        effect=effect,
        back=url_for("instrument_pages.one", instrument_id=instrument_id),
        template="instruments/opening_seasons.html",
        instrument=instrument,
        rows=rows,
        beside=list(beside),
        seasons=[(each, said_hours(hours_of_season(each.id))) for each in season_rows(instrument_id)],
    )


@season_pages.route("/<int:instrument_id>/opening-seasons/<int:season_id>/removal", methods=["GET", "POST"])
@allow(may_offer)
def remove(instrument_id: int, season_id: int) -> Response:
    """Have the week hold on those days again."""
    _own(instrument_id)
    here = url_for("season_pages.index", instrument_id=instrument_id)

    def effect(_given: dict[str, Any]) -> Done:
        service.remove_season(instrument_id=instrument_id, season_id=season_id, actor=current_actor(), now=clock.now())
        return Done(here, "page.opening_season_removal.done")

    # Once it is removed there is nothing to show, but the same form sent twice is still answered as the first time.
    facts = _facts(find_season(instrument_id, season_id)) if request.method == "GET" else []
    return form_page(Form(EmptySchema, name="opening_season_removal"), effect=effect, back=here, facts=facts)


def said_seasons(instrument_id: int, *, on: date) -> list[str]:
    """The ranges of days that have not ended, each in a sentence."""
    rows, seasons = season_rows(instrument_id), opening_seasons(instrument_id)
    return [
        t(
            "page.instrument.season",
            name=row.name,
            first_day=day(row.first_day),
            last_day=day(row.last_day),
            hours=said_hours(season.hours),
        )
        for row, season in zip(rows, seasons, strict=True)
        if row.last_day >= on
    ]


def _facts(season: OpeningSeason) -> list[tuple[str, str]]:
    return [
        ("fact.season_name", season.name),
        ("fact.season_days", f"{day(season.first_day)} – {day(season.last_day)}"),
        ("fact.season_hours", said_hours(hours_of_season(season.id))),
    ]


def _own(instrument_id: int) -> Instrument:
    instrument = find_instrument(instrument_id, actor=current_actor())
    authorise(current_actor(), may_manage, instrument)
    return instrument
