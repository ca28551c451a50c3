"""Calendars as iCalendar (RFC 5545): an instrument's for everybody, and at secret addresses those of their users."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import func

from accounts.queries.names import organisation_names
from core.clock import SHANGHAI
from core.db import session
from core.late import LateModule
from core.permissions import Actor
from core.texts import text
from instruments.models import Instrument, Occupancy
from instruments.permissions import has_jurisdiction, owns
from instruments.queries.availability import parts
from instruments.queries.calendar import interval, occupied
from instruments.queries.instruments import find_instrument
from instruments.queries.usage import instruments_named, visible_bookings
from instruments.rules.opening import Interval
from instruments.rules.terms import OccupancyKind, TakenKind

if TYPE_CHECKING:
    import icalendar
else:
    icalendar = LateModule("icalendar")

CALENDAR_PAST = timedelta(days=31)
CALENDAR_FUTURE = timedelta(days=366)
MOST_EVENTS = 5_000
"""Bookings in one answer; of more than these, the latest are left out."""
ASK_AGAIN = timedelta(hours=1)


def calendar_feed(instrument_id: int, *, actor: Actor, now: datetime) -> bytes:
    """What is taken of an instrument, without names, and with the time kept free around each booking; its owner and its
    bureau also see the notes."""
    instrument = find_instrument(instrument_id, actor=actor)
    shows_notes = owns(actor, instrument) or has_jurisdiction(actor, instrument)
    feed = _calendar(instrument.name)
    for each in _taken(instrument, now):
        event = _event(each, interval(each.during), text(f"instruments.occupancy.{each.kind}").both())
        if shows_notes and each.kind is not OccupancyKind.BOOKING:
            _say(event, each.note)
        feed.add_component(event)
    return bytes(feed.to_ical())


def owners_feed(instrument: Instrument, *, now: datetime) -> bytes:
    """An instrument's calendar as its owner sees it: slots with who booked them, what is kept free around them as
    entries of their own, closures with their notes."""
    feed = _calendar(instrument.name)
    taken = _taken(instrument, now)
    names = _users(taken)
    for each in taken:
        for number, (kind, part) in enumerate(parts([each], interval(each.during))):
            event = _event(each, part, _said(kind, each, names), apart=number if kind is TakenKind.BUFFER else None)
            _say(event, _order(each) if kind is TakenKind.BOOKING else each.note)
            feed.add_component(event)
    return bytes(feed.to_ical())


def bookings_feed(actor: Actor, *, now: datetime) -> bytes:
    """The slots of the bookings a user sees: those made for its organisation, or of its instruments."""
    found = visible_bookings(actor).where(
        Occupancy.during.op("&&")(func.tstzrange(now - CALENDAR_PAST, now + CALENDAR_FUTURE, "[)"))
    )
    rows = session().scalars(found.order_by(func.lower(Occupancy.during), Occupancy.id).limit(MOST_EVENTS)).all()
    instruments, names = instruments_named({each.instrument_id for each in rows}), _users(rows)
    feed = _calendar(text("instruments.feed.bookings").both())
    for each in rows:
        instrument = instruments[each.instrument_id]
        event = _event(each, interval(each.slot), instrument.name)
        if instrument.address:
            event.add("location", instrument.address)
        user = names.get(each.organisation_id or 0, "")
        _say(event, "\n".join([instrument.provider.name, user, _order(each)]))
        feed.add_component(event)
    return bytes(feed.to_ical())


@cache
def _zone() -> Any:
    return icalendar.Timezone.from_tzid(str(SHANGHAI), first_date=date(2000, 1, 1))


def _calendar(name: str) -> icalendar.Calendar:
    feed = icalendar.Calendar()
    feed.add("prodid", "-//innovation-vouchers//instruments//ZH")
    feed.add("version", "2.0")
    feed.add("x-wr-calname", name)
    feed.add("x-wr-timezone", str(SHANGHAI))
    feed.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    # A calendar has one component at least, also where nothing is taken.
    feed.add_component(_zone())
    return feed


def _event(taken: Occupancy, when: Interval, said: str, *, apart: int | None = None) -> icalendar.Event:
    event = icalendar.Event()
    part = "" if apart is None else f"-{apart}"
    event.add("uid", f"occupancy-{taken.id}{part}@instrument-{taken.instrument_id}")
    event.add("dtstamp", taken.created_at)
    event.add("dtstart", when.start)
    event.add("dtend", when.end)
    event.add("summary", said)
    return event


def _taken(instrument: Instrument, now: datetime) -> list[Occupancy]:
    return occupied(instrument.id, now - CALENDAR_PAST, now + CALENDAR_FUTURE)


def _users(taken: Iterable[Occupancy]) -> dict[int, str]:
    return organisation_names({each.organisation_id for each in taken if each.organisation_id is not None})


def _said(kind: TakenKind, taken: Occupancy, names: dict[int, str]) -> str:
    if kind is TakenKind.BOOKING:
        return names.get(taken.organisation_id or 0) or text("instruments.occupancy.booking").both()
    return text(f"instruments.occupancy.{kind}").both()


def _order(taken: Occupancy) -> str:
    return "" if taken.order_id is None else text("instruments.feed.order", number=taken.order_id).both()


def _say(event: icalendar.Event, said: str) -> None:
    lines = "\n".join(_lines(said))
    if lines:
        event.add("description", lines)


def _lines(said: str) -> Iterator[str]:
    yield from (line for line in said.splitlines() if line.strip())
