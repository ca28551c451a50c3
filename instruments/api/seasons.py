"""Opening hours of a range of days, over HTTP."""

from __future__ import annotations

from typing import Any

from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, problems
from instruments.permissions import may_offer, may_search
from instruments.queries.instruments import InstrumentMissing, find_instrument
from instruments.queries.seasons import SeasonMissing, season_rows, shown_season
from instruments.schemas.calendars import NewSeasonSchema, SeasonSchema, SeasonsSchema
from instruments.service import seasons as service
from instruments.service.calendar import HoursRefused

opening_seasons = Blueprint(
    "opening_seasons", __name__, url_prefix="/instruments", description="Opening hours of ranges of days."
)


@opening_seasons.route("/<int:instrument_id>/opening-seasons", methods=["GET"])
@allow(may_search)
@problems(InstrumentMissing)
@opening_seasons.response(200, SeasonsSchema)
def of_instrument(instrument_id: int) -> dict[str, Any]:
    """Hours of ranges of days

    On these days they hold in place of the week; none closes the instrument.
    """
    instrument = find_instrument(instrument_id, actor=current_actor())
    return {"items": [shown_season(each) for each in season_rows(instrument.id)]}


@opening_seasons.route("/<int:instrument_id>/opening-seasons", methods=["POST"])
@allow(may_offer)
@problems(InstrumentMissing, HoursRefused)
@idempotent
@opening_seasons.arguments(NewSeasonSchema)
@opening_seasons.response(201, SeasonSchema)
def add(given: dict[str, Any], instrument_id: int) -> dict[str, Any]:
    """Set hours for a range of days

    Bookings made before stand.
    """
    made = service.add_season(instrument_id=instrument_id, **given, actor=current_actor(), now=clock.now())
    return shown_season(made)


@opening_seasons.route("/<int:instrument_id>/opening-seasons/<int:season_id>", methods=["DELETE"])
@allow(may_offer)
@problems(InstrumentMissing, SeasonMissing)
@opening_seasons.response(204)
def remove(instrument_id: int, season_id: int) -> None:
    """Take the hours of a range of days back

    The week holds on them again.
    """
    service.remove_season(instrument_id=instrument_id, season_id=season_id, actor=current_actor(), now=clock.now())
