"""How much of the time instruments could be used they were booked, used and seen running, by day of Asia/Shanghai."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    func,
    literal,
    select,
    true,
    union_all,
)

from accounts.models import Organisation
from core.db import session
from core.errors import Reason, reason
from core.workdays import WorkingCalendar
from instruments.models import Instrument
from instruments.queries.time_pieces import (
    Days,
    UtilisationBy,
    asked_days,
    by_day,
    countable,
    counted,
    joined,
    less,
    measured_pieces,
    opening_pieces,
    summed,
    taken_pieces,
    used_pieces,
)
from instruments.rules.terms import OccupancyKind

LONGEST_DAYS = 366
"""Days that are looked at together."""

_CENT = Decimal("0.01")
_PER_MILLE = Decimal("0.001")
_SECONDS_AN_HOUR = Decimal(3600)
_NOTHING = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Utilisation:
    """Hours of one group, of one ``day`` or of all of them. ``key``: the number of an instrument or provider, the code
    of a city ('' for providers that sit in none), None for the province.

    ``usable``: open and not closed or in maintenance. ``booked``: slots, without the time kept free around them.
    ``used``: by the log, maintenance left out; what overlaps counts once. ``measured``: running, as sensors tell;
    ``watched``: the usable hours of the days on which an instrument had a sensor.
    """

    key: int | str | None
    day: date | None
    usable: Decimal
    booked: Decimal
    used: Decimal
    measured: Decimal
    watched: Decimal

    @property
    def hours(self) -> tuple[Decimal, ...]:
        """All its hours."""
        return self.usable, self.booked, self.used, self.measured, self.watched

    @property
    def booked_rate(self) -> Decimal | None:
        """Of the usable hours those booked; None where there are none."""
        return _rate(self.booked, self.usable)

    @property
    def used_rate(self) -> Decimal | None:
        """Hours used by the log beside the usable ones: more than 1 where it was used outside of them."""
        return _rate(self.used, self.usable)

    @property
    def measured_rate(self) -> Decimal | None:
        """Hours measured beside the usable ones of what had a sensor."""
        return _rate(self.measured, self.watched)


def utilisation(
    scope: ColumnElement[bool], days: Days, *, calendar: WorkingCalendar, by: UtilisationBy, per_day: bool = False
) -> Sequence[Utilisation]:
    """Utilisation of the instruments in ``scope`` that are public, in one statement: for each group over all days, or
    for each day. A group none of whose instruments is open, booked, used or measured is left out.

    ``calendar`` must reach from the day before the first.
    """
    of = counted(scope, days, by)
    asked = asked_days(days, calendar)
    closures = taken_pieces(of, days, OccupancyKind.CLOSURE, OccupancyKind.MAINTENANCE)
    usable = less(opening_pieces(of, asked, days, plain=False), closures)
    series: list[Select[Any]] = [
        summed(opening_pieces(of, asked, days, plain=True), "usable", per_day=per_day),
        joined(usable, "usable", per_day=per_day),
        summed(taken_pieces(of, days, OccupancyKind.BOOKING, whole=not per_day), "booked", per_day=per_day),
        joined(by_day(used_pieces(of, days, whole=not per_day)), "used", per_day=per_day),
        summed(measured_pieces(of, days).where(~of.c.several), "measured", per_day=per_day),
        joined(by_day(measured_pieces(of, days).where(of.c.several)), "measured", per_day=per_day),
    ]
    told = union_all(*series).subquery("told")

    def total(what: ColumnElement[bool]) -> ColumnElement[Any]:
        return func.coalesce(func.sum(told.c.seconds).filter(what), 0)

    found = (
        select(
            told.c.key,
            told.c.day,
            *(total(told.c.what == what) for what in ("usable", "booked", "used", "measured")),
            total(and_(told.c.what == "usable", told.c.watched)),
        )
        .group_by(told.c.key, told.c.day)
        .order_by(told.c.key, told.c.day)
    )
    return [
        Utilisation(name, at, *(_hours(seconds) for seconds in figures))
        for name, at, *figures in session().execute(found).tuples()
    ]


def all_days(
    scope: ColumnElement[bool], days: Days, *, calendar: WorkingCalendar, by: UtilisationBy
) -> Sequence[Utilisation]:
    """Utilisation of everything in ``scope`` together, every day of the range in its turn, those of nothing too."""
    found = {each.day: each for each in utilisation(scope, days, calendar=calendar, by=by, per_day=True)}
    every = [days.first + timedelta(days=number) for number in range(days.count)]
    return [found.get(day) or Utilisation(None, day, *[_NOTHING] * 5) for day in every]


def together(rows: Iterable[Utilisation]) -> Utilisation:
    """Several of them as one of no group and no day."""
    sums = [_NOTHING] * 5
    for each in rows:
        sums = [a + b for a, b in zip(sums, each.hours, strict=True)]
    return Utilisation(None, None, *sums)


def groups(scope: ColumnElement[bool], by: UtilisationBy) -> tuple[Select[Any], ColumnElement[Any]]:
    """What is told apart in a scope: instruments, providers, or codes of cities ('' outside of them); and its key.
    The province is one."""
    timed = countable(scope)
    if by is UtilisationBy.INSTRUMENT:
        return select(Instrument).where(timed), Instrument.id.expression
    providers = select(Instrument.provider_id).where(timed)
    if by is UtilisationBy.PROVIDER:
        return select(Organisation).where(Organisation.id.in_(providers)), Organisation.id.expression
    city = func.coalesce(Organisation.city, "") if by is UtilisationBy.CITY else literal("")
    told = select(city.label("code")).where(Organisation.id.in_(providers)).distinct().subquery("groups")
    return select(told.c.code), told.c.code


def within_groups(by: UtilisationBy, keys: Sequence[Any]) -> ColumnElement[bool]:
    """The condition that an instrument belongs to one of some groups."""
    if by is UtilisationBy.INSTRUMENT:
        return Instrument.id.in_(keys)
    if by is UtilisationBy.PROVIDER:
        return Instrument.provider_id.in_(keys)
    return func.coalesce(Organisation.city, "").in_(keys) if by is UtilisationBy.CITY else true()


def days_faults(first: date, last: date) -> list[Reason]:
    """Why a range of days cannot be looked at."""
    if last < first:
        return [reason("slot_reversed", field="last_day")]
    if Days(first, last).count > LONGEST_DAYS:
        return [reason("slot_window_too_long", field="last_day", days=LONGEST_DAYS)]
    return []


def _hours(seconds: Any) -> Decimal:
    return (Decimal(seconds) / _SECONDS_AN_HOUR).quantize(_CENT, ROUND_HALF_UP)


def _rate(hours: Decimal, of: Decimal) -> Decimal | None:
    return None if of == 0 else (hours / of).quantize(_PER_MILLE, ROUND_HALF_UP)
