"""The calendar of an instrument: events for the browser, the same as a list for paper, and the week."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import request

from accounts.queries import acts_for
from core.clock import SHANGHAI, moment_of
from core.errors import Malformed
from core.pages.language import t
from core.permissions import Actor
from instruments.models import Instrument, Occupancy
from instruments.permissions import has_jurisdiction, owns
from instruments.queries.availability import WindowRefused, parts, terms_of, window_faults
from instruments.queries.calendar import occupied
from instruments.rules.opening import MINUTES_A_DAY, Interval, WeeklyHours
from instruments.rules.slots import ClosedBy, closed_stretches
from instruments.rules.terms import OccupancyKind, TakenKind

LISTED = timedelta(days=14)
"""How far the list reaches that stands beside the calendar."""
MINE = "mine"
CLOSED = {
    ClosedBy.HOURS: "closed",
    ClosedBy.HOLIDAY: "holiday",
    ClosedBy.LEAD_TIME: "lead_time",
    ClosedBy.HORIZON: "horizon",
}
"""Why nothing can be booked, as the calendar says it."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class PeriodUnreadable(Malformed):
    """The bounds of the calendar's period cannot be read."""

    code = "period_unreadable"


@dataclass(frozen=True, slots=True)
class Taken:
    """A period as the calendar shows it: ``kind`` is why it is taken or closed, or ``mine``; nobody is named.

    Over what is not ``busy`` a slot may be drawn.
    """

    kind: str
    start: datetime
    end: datetime
    title: str = ""
    busy: bool = True

    def as_json(self) -> dict[str, object]:
        """The event as the browser reads it; times are those of Asia/Shanghai."""
        return {
            "kind": self.kind,
            "start": self.start.astimezone(SHANGHAI).isoformat(),
            "end": self.end.astimezone(SHANGHAI).isoformat(),
            "title": self.title,
            "busy": self.busy,
        }


def asked_period() -> tuple[datetime, datetime]:
    """``from`` and ``to`` of the request, without an offset in Asia/Shanghai; raises :class:`PeriodUnreadable`."""
    return _instant("from"), _instant("to")


def events(instrument: Instrument, start: datetime, end: datetime, *, actor: Actor, now: datetime) -> list[Taken]:
    """What is taken and when nothing can be booked; raises WindowRefused."""
    faults = window_faults(start, end)
    if faults:
        raise WindowRefused(reasons=faults)
    # Its owner may close it for a whole week, nights included.
    busy = not owns(actor, instrument)
    terms = terms_of(instrument, since=start, now=now)
    shut = [
        Taken(CLOSED[why], each.start, each.end, busy=busy)
        for why, each in closed_stretches(Interval(start, end), terms=terms, now=now)
    ]
    return [*taken(instrument, start, end, actor=actor), *shut]


def taken(instrument: Instrument, start: datetime, end: datetime, *, actor: Actor) -> list[Taken]:
    """What is taken, by nobody named; the owner and its bureau read the notes of closures."""
    shows_notes = owns(actor, instrument) or has_jurisdiction(actor, instrument)
    mine = acts_for(actor) if actor.is_signed_in and not shows_notes else set()
    return [
        Taken(
            _kind(kind, each, mine),
            part.start,
            part.end,
            each.note if shows_notes and each.kind is not OccupancyKind.BOOKING else "",
        )
        for each in occupied(instrument.id, start, end)
        for kind, part in parts([each], Interval(start, end))
    ]


def week(hours: Sequence[WeeklyHours]) -> list[tuple[str, str]]:
    """Each weekday with its hours in words."""
    return [
        (t(f"weekday.{name}"), t("opening.and").join(_stretches(hours, number)) or t("opening.closed"))
        for number, name in enumerate(WEEKDAYS, start=1)
    ]


def said_hours(hours: Sequence[WeeklyHours]) -> str:
    """The weekdays on which it is open with their hours, in one line."""
    days = [
        f"{t(f'weekday.{name}')} {t('opening.and').join(_stretches(hours, number))}"
        for number, name in enumerate(WEEKDAYS, start=1)
        if any(each.weekday == number for each in hours)
    ]
    return "；".join(days) if days else t("opening.closed")


def _stretches(hours: Sequence[WeeklyHours], weekday: int) -> Iterator[str]:
    for each in sorted(hours):
        if each.weekday == weekday:
            next_day = t("opening.next_day") if each.closes > MINUTES_A_DAY else ""
            closes = each.closes - MINUTES_A_DAY if each.closes > MINUTES_A_DAY else each.closes
            yield f"{_clock(each.opens)}–{next_day}{_clock(closes)}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _kind(kind: TakenKind, each: Occupancy, mine: Collection[int]) -> str:
    return MINE if kind is TakenKind.BOOKING and each.organisation_id in mine else kind.value


def _instant(name: str) -> datetime:
    try:
        return moment_of(request.args.get(name, ""))
    except ValueError as malformed:
        raise PeriodUnreadable from malformed
