"""Booked, logged and measured time side by side, over HTTP (S19)."""

from __future__ import annotations

from typing import Any

from core import clock
from core.http import Blueprint, allow, current_actor, problems
from instruments.permissions import may_read_use
from instruments.queries.availability import WindowRefused
from instruments.queries.comparing import compared
from instruments.queries.instruments import InstrumentMissing
from instruments.queries.time_pieces import Days
from instruments.queries.usage import find_logged_instrument
from instruments.rules.comparing import longest_faults
from instruments.schemas.comparing import TimeComparisonQuerySchema, TimeComparisonSchema

comparisons = Blueprint(
    "comparisons",
    __name__,
    url_prefix="/instruments/<int:instrument_id>",
    description="Booked, logged and measured time side by side.",
)


@comparisons.route("/comparison", methods=["GET"])
@allow(may_read_use)
@problems(InstrumentMissing, WindowRefused)
@comparisons.arguments(TimeComparisonQuerySchema, location="query")
@comparisons.response(200, TimeComparisonSchema)
def index(given: dict[str, Any], instrument_id: int) -> dict[str, Any]:
    """Booked, logged and measured time

    Of some days, row by row, with the differences: booked and not used, used and not logged, logged and not run, ran on
    for longer, ran beside every booking and entry. For its owner and the offices of its city and the province (S19).
    """
    instrument = find_logged_instrument(instrument_id, actor=current_actor())
    faults = longest_faults(given["first_day"], given["last_day"])
    if faults:
        raise WindowRefused(reasons=faults)
    return {"items": compared(instrument.id, Days(given["first_day"], given["last_day"]), now=clock.now())}
