"""One instrument: what it is, what it offers, when it is free, and for its owner and bureau how it is listed."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, render_template

from core import clock
from core.http import allow, current_actor
from core.pages import Pages, link_to
from core.workdays import load_calendar
from instruments.pages.alarms import sensor_part
from instruments.pages.booking_rules import said_rules
from instruments.pages.calendars import LISTED, asked_period, events, taken, week
from instruments.pages.listing_actions import next_actions
from instruments.pages.listing_parts import about, listing_events, listing_facts, next_key
from instruments.pages.qualifications import asks_here, qualification_facts
from instruments.pages.quoting import quote_href
from instruments.pages.seasons import said_seasons
from instruments.pages.terms import changes_shown
from instruments.permissions import may_ask_for_it, may_search, owns
from instruments.queries.availability import terms_of
from instruments.queries.calendar_feeds import calendar_feed
from instruments.queries.details import instrument_details
from instruments.queries.instruments import find_instrument
from instruments.queries.listings import offered_services
from instruments.queries.photos import photos_of
from instruments.states import ListingState

instruments = Pages(
    "instrument_pages",
    __name__,
    url_prefix="/instruments",
    links={"instrument": ("instrument_pages.one", "instrument_id")},
)


@instruments.get("/<int:instrument_id>")
@allow(may_search)
def one(instrument_id: int) -> str:
    """Facts, services with prices, hours, calendar; the listing for those it concerns."""
    actor, now, calendar = current_actor(), clock.now(), load_calendar()
    shown = instrument_details(instrument_id, actor=actor, on=clock.today(now), calendar=calendar)
    instrument, listing = shown["instrument"], shown["listing"]
    terms = terms_of(instrument, since=now, now=now, calendar=calendar)
    hours = terms.opening.week
    return render_template(
        "instruments/instrument.html",
        instrument=instrument,
        facts=about(instrument, on=clock.today(now)),
        listing=listing,
        listing_facts=listing_facts(listing) if listing else [],
        changes=changes_shown(instrument, actor=actor, on=clock.today(now), calendar=calendar) if listing else [],
        sensors=sensor_part(instrument, actor=actor) if listing else None,
        events=listing_events(instrument) if listing else [],
        actions=next_actions(instrument, actor=actor),
        next_key=next_key(instrument, is_inside=listing is not None),
        photos=photos_of(instrument.id),
        services=offered_services(instrument),
        quote_href=quote_href,
        link_to=link_to,
        week=week(hours) if hours else [],
        seasons=said_seasons(instrument.id, on=clock.today(now)),
        rules=said_rules(terms.rules),
        qualification=qualification_facts(instrument, terms.rules, actor=actor),
        qualify_href=asks_here(instrument, terms.rules, actor=actor),
        provisional=terms.opening.provisional_years(now, now + terms.reach),
        taken=taken(instrument, now, now + LISTED, actor=actor),
        days=LISTED.days,
        is_owner=owns(actor, instrument),
        may_wait=may_ask_for_it(actor) and instrument.state is ListingState.PUBLISHED,
    )


@instruments.get("/<int:instrument_id>/calendar/events")
@allow(may_search)
def calendar_events(instrument_id: int) -> Response:
    """What the calendar draws, by nobody named."""
    actor = current_actor()
    instrument = find_instrument(instrument_id, actor=actor)
    found: list[Any] = [each.as_json() for each in events(instrument, *asked_period(), actor=actor, now=clock.now())]
    return jsonify(found)


@instruments.get("/<int:instrument_id>/calendar.ics")
@allow(may_search)
def feed(instrument_id: int) -> Response:
    """The calendar as iCalendar, for calendar programs."""
    content = calendar_feed(instrument_id, actor=current_actor(), now=clock.now())
    return Response(content, content_type="text/calendar; charset=utf-8")
