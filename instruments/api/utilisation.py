"""Utilisation over HTTP."""

from __future__ import annotations

from typing import Any

from core.db import session
from core.http import Blueprint, allow, current_actor, page_of, page_schema, problems
from instruments.permissions import may_read_use
from instruments.queries.availability import WindowRefused
from instruments.queries.time_pieces import Days, UtilisationBy
from instruments.queries.utilisation import days_faults, groups
from instruments.queries.utilised import Group, utilisation_scope, with_figures
from instruments.schemas.utilisation import UtilisationQuerySchema, UtilisationSchema

utilised = Blueprint(
    "utilisation", __name__, url_prefix="/utilisation", description="How much of their time instruments are used."
)

_NUMBERED = (UtilisationBy.INSTRUMENT, UtilisationBy.PROVIDER)
_HOURS = ("usable", "booked", "used", "measured", "watched", "booked_rate", "used_rate", "measured_rate")


@utilised.route("", methods=["GET"])
@allow(may_read_use)
@problems(WindowRefused)
@utilised.arguments(UtilisationQuerySchema, location="query")
@utilised.response(200, page_schema(UtilisationSchema))
def index(given: dict[str, Any]) -> dict[str, Any]:
    """Utilisation of instruments

    Hours booked, used and measured beside those in which public instruments were open and neither closed nor in
    maintenance; days are those of Asia/Shanghai, and what runs past midnight is cut (S19). A provider reads its own, a
    city's offices those of the city.
    """
    days = Days(given["first_day"], given["last_day"])
    faults = days_faults(days.first, days.last)
    if faults:
        raise WindowRefused(reasons=faults)
    by: UtilisationBy = given["by"]
    scope = utilisation_scope(current_actor(), provider=given.get("provider"), city=given.get("city"))
    query, key = groups(scope, by)
    if by in _NUMBERED:
        page = page_of(query, cursor=given.get("cursor"), limit=given["limit"], key=key)
    else:
        page = {"items": list(session().scalars(query.order_by(key))), "next_cursor": None}
    found = with_figures(page["items"], scope, days, by=by, each_day=given["days"])
    return {**page, "items": [_shown(each) for each in found]}


def _shown(group: Group) -> dict[str, Any]:
    return {
        "instrument_id": group.key if group.by is UtilisationBy.INSTRUMENT else None,
        "provider_id": group.key if group.by is UtilisationBy.PROVIDER else None,
        "city": group.key if group.by is UtilisationBy.CITY else None,
        "name": group.name,
        **{name: getattr(group.figures, name) for name in _HOURS},
        "days": group.days,
    }
