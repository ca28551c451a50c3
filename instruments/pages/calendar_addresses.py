"""One's secret addresses of calendars: listed, issued, renewed and revoked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, make_response, render_template, url_for

from core import clock
from core.http import allow, current_actor
from core.http.address import public_address
from core.pages import Column, Done, EmptySchema, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import t
from core.permissions import authorise
from instruments.models import CalendarAddress, Instrument
from instruments.permissions import may_have_calendars, may_manage, may_offer
from instruments.queries.calendar_addresses import find_address, own_addresses
from instruments.queries.instruments import find_instrument
from instruments.queries.usage import instruments_named
from instruments.service import calendar_addresses as service
from instruments.service.calendar_addresses import IssuedAddress

calendar_address_pages = Pages(
    "calendar_address_pages",
    __name__,
    navigation=(
        NavEntry("calendar_addresses", "calendar_address_pages.index", "account", may_have_calendars, order=30),
    ),
)


@dataclass(frozen=True, slots=True)
class Row:
    """An address as the table shows it."""

    address: CalendarAddress
    instrument: Instrument | None

    @property
    def calendar(self) -> str:
        """Which calendar it shows."""
        return t("calendar_address.bookings") if self.instrument is None else self.instrument.name


def _rows(found: Sequence[CalendarAddress]) -> list[Row]:
    known = instruments_named({each.instrument_id for each in found if each.instrument_id is not None})
    return [Row(each, None if each.instrument_id is None else known[each.instrument_id]) for each in found]


def _revoked(row: Row) -> str | None:
    """Where an address is revoked that is in force."""
    live = row.address.ended_at is None
    return url_for("calendar_address_pages.revoke", address_id=row.address.id) if live else None


ADDRESSES = Table(
    name="calendar-addresses",
    key=CalendarAddress.id,
    empty="page.calendar_addresses.empty",
    prepare=_rows,
    columns=[
        Column("ical_calendar", lambda row: row.calendar, link=_revoked),
        Column("address_prefix", lambda row: row.address.prefix),
        Column("issued_at", lambda row: row.address.issued_at, kind="moment", sort=CalendarAddress.issued_at),
        Column("last_used_at", lambda row: row.address.last_read_at, kind="moment", sort=CalendarAddress.last_read_at),
        Column("key_ends_at", lambda row: row.address.ended_at, kind="moment", sort=CalendarAddress.ended_at),
    ],
)


@calendar_address_pages.get("/calendar-addresses")
@allow(may_have_calendars)
def index() -> Any:
    """Addresses with when they were read last."""
    new = {
        "label": t("page.calendar_address_new.title"),
        "href": url_for("calendar_address_pages.issue"),
        "primary": True,
    }
    found = own_addresses(current_actor())
    return table_page(ADDRESSES, found, title="page.calendar_addresses.title", actions=[new])


@calendar_address_pages.route("/calendar-addresses/new", methods=["GET", "POST"])
@allow(may_have_calendars)
def issue() -> Response:
    """An address for the bookings one sees."""
    return _issuing(None, back=url_for("calendar_address_pages.index"))


@calendar_address_pages.route("/instruments/<int:instrument_id>/calendar-address", methods=["GET", "POST"])
@allow(may_offer)
def issue_for_instrument(instrument_id: int) -> Response:
    """An address for the calendar of one's own instrument."""
    instrument = find_instrument(instrument_id, actor=current_actor())
    authorise(current_actor(), may_manage, instrument)
    return _issuing(instrument, back=link_to("instrument", instrument.id))


@calendar_address_pages.route("/calendar-addresses/<int:address_id>/revocation", methods=["GET", "POST"])
@allow(may_have_calendars)
def revoke(address_id: int) -> Response:
    """It answers no more."""
    (row,) = _rows([find_address(address_id, actor=current_actor())])
    back = url_for("calendar_address_pages.index")

    def effect(_given: dict[str, Any]) -> Done:
        service.revoke_address(address_id=address_id, actor=current_actor(), now=clock.now())
        return Done(back, "page.calendar_address_revocation.done")

    form = Form(EmptySchema, name="calendar_address_revocation", ends=True)
    facts = [("column.ical_calendar", row.calendar), ("column.address_prefix", row.address.prefix)]
    return form_page(form, effect=effect, back=back, confirms=True, facts=facts)


def _issuing(instrument: Instrument | None, *, back: str) -> Response:
    """The form, and once it is sent the address itself, answered directly: no cookie ever holds it."""
    issued: list[IssuedAddress] = []
    number = None if instrument is None else instrument.id

    def effect(_given: dict[str, Any]) -> Done:
        issued.append(service.issue_address(instrument_id=number, actor=current_actor(), now=clock.now()))
        return Done(back)

    calendar = t("calendar_address.bookings") if instrument is None else instrument.name
    form = Form(EmptySchema, name="calendar_address_new")
    answer = form_page(form, effect=effect, back=back, keyed=False, facts=[("column.ical_calendar", calendar)])
    return _shown(issued[0], calendar=calendar) if issued else answer


def _shown(issued: IssuedAddress, *, calendar: str) -> Response:
    return make_response(
        render_template(
            "instruments/calendar_address_issued.html",
            url=public_address(url_for("calendar_feeds.feed", token=issued.token)),
            calendar=calendar,
            back=url_for("calendar_address_pages.index"),
        )
    )
