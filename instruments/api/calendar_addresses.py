"""Secret addresses of calendars over HTTP, and the calendars at them.

Addresses are issued without an Idempotency-Key, as the stored answer would keep a secret that is shown once. Calendar
programs send neither tokens nor cookies: whoever knows an address reads what is there.
"""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from core import clock
from core.http import Blueprint, CursorSchema, allow, current_actor, idempotent, page_of, page_schema, problems
from core.http.address import public_address
from core.permissions import everyone
from instruments.models import CalendarAddress
from instruments.permissions import may_have_calendars
from instruments.queries.calendar_addresses import CalendarAddressMissing, CalendarMissing, own_addresses
from instruments.queries.instruments import InstrumentMissing
from instruments.schemas.calendar_addresses import (
    CalendarAddressSchema,
    IssuedCalendarAddressSchema,
    NewCalendarAddressSchema,
)
from instruments.service import calendar_addresses as service
from instruments.service.calendar_addresses import CalendarAddressEnded, CalendarReadTooOften

calendar_addresses = Blueprint(
    "calendar_addresses",
    __name__,
    url_prefix="/calendar-addresses",
    description="Secret addresses under which calendar programs read one's bookings or instruments.",
)
calendar_feeds = Blueprint(
    "calendar_feeds", __name__, url_prefix="/calendar-feeds", description="Calendars at secret addresses."
)

TOKEN = {
    "name": "token",
    "in": "path",
    "description": "The secret part of the address.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}


@calendar_addresses.route("", methods=["GET"])
@allow(may_have_calendars)
@calendar_addresses.arguments(CursorSchema, location="query")
@calendar_addresses.response(200, page_schema(CalendarAddressSchema))
def index(given: dict[str, Any]) -> dict[str, Any]:
    """One's addresses

    Without their secret parts; ended ones too.
    """
    return page_of(own_addresses(current_actor()), **given, key=CalendarAddress.id)


@calendar_addresses.route("", methods=["POST"])
@allow(may_have_calendars)
@problems(InstrumentMissing)
@calendar_addresses.arguments(NewCalendarAddressSchema)
@calendar_addresses.response(201, IssuedCalendarAddressSchema)
def issue(given: dict[str, Any]) -> dict[str, Any]:
    """Issue or renew an address

    For the bookings one sees, or for the calendar of one's own instrument. It is shown this once; the one before, for
    the same calendar, ends at once.
    """
    issued = service.issue_address(**given, actor=current_actor(), now=clock.now())
    url = public_address(url_for("calendar_feeds.feed", token=issued.token))
    return {"address": issued.address, "url": url}


@calendar_addresses.route("/<int:address_id>/revocation", methods=["POST"])
@allow(may_have_calendars)
@problems(CalendarAddressMissing, CalendarAddressEnded)
@idempotent
@calendar_addresses.response(201, CalendarAddressSchema)
def revoke(address_id: int) -> CalendarAddress:
    """Revoke an address

    It answers 404 from now on.
    """
    return service.revoke_address(address_id=address_id, actor=current_actor(), now=clock.now())


@calendar_feeds.route("/<string:token>/calendar.ics", methods=["GET"], parameters=[TOKEN])
@allow(everyone)
@problems(CalendarMissing, CalendarReadTooOften)
@calendar_feeds.response(200, {"type": "string"}, content_type="text/calendar")
def feed(token: str) -> Response:
    """A calendar at its secret address

    With slots and names, as its user may see them now. Unknown and revoked addresses answer alike.
    """
    content = service.read_calendar(token=token, now=clock.now())
    return Response(content, content_type="text/calendar; charset=utf-8")
