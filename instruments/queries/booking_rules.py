"""What is asked of bookings of an instrument, as parts of gatherings and by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, SQLColumnExpression, and_, func, literal, or_, select
from sqlalchemy import Interval as IntervalType
from sqlalchemy.orm import aliased

from core.db import session
from core.permissions import Actor
from core.types import UTC
from core.workdays import WorkingCalendar
from instruments.models import BookingRule, Instrument, Occupancy
from instruments.policy import BookingPolicy
from instruments.queries.calendar import hours_of, touching, week_of
from instruments.queries.qualifications import qualified_of
from instruments.queries.seasons import seasons_in, seasons_of
from instruments.rules.booking import NO_RULES, BookingRules
from instruments.rules.opening import Interval, Opening
from instruments.rules.slots import Terms

_NAMES = tuple(BookingRules.__dataclass_fields__)
_ASKED = [getattr(BookingRule, name) for name in _NAMES]


def rule_parts(
    instruments: Select[tuple[int]],
    *,
    organisation: BindParameter[int],
    since: BindParameter[datetime],
) -> dict[str, Select[Any]]:
    """What :func:`terms_in`, :func:`own_in` and ``qualified_in`` read of some instruments: their weeks, what is asked
    of bookings, when the user is qualified, and where a quota is set, its bookings that have not ended by ``since``."""
    has_quota = or_(
        BookingRule.week_hours.is_not(None),
        BookingRule.month_hours.is_not(None),
        BookingRule.open_bookings.is_not(None),
    )
    own = (
        select(
            Occupancy.instrument_id,
            func.lower(Occupancy.slot, type_=UTC()).label("start"),
            func.upper(Occupancy.slot, type_=UTC()).label("end"),
        )
        .select_from(Instrument)
        .join(Occupancy, touching(Instrument.id, since, None))
        .where(
            Instrument.id.in_(instruments),
            select(literal(1)).where(holds_for(Instrument), has_quota).correlate(Instrument).exists(),
            Occupancy.organisation_id == organisation,
        )
    )
    rules = (
        select(Instrument.id, BookingRule.instrument_id.is_not(None).label("is_own"), *_ASKED)
        .join(BookingRule, holds_for(Instrument))
        .where(Instrument.id.in_(instruments))
    )
    return {
        "hours": hours_of(instruments),
        "seasons": seasons_of(instruments),
        "rules": rules,
        "own": own,
        "qualified": qualified_of(instruments, organisation),
    }


def terms_in(
    instrument_id: int, found: Mapping[str, Sequence[Any]], *, calendar: WorkingCalendar, limits: BookingPolicy
) -> Terms:
    """What slots of one of the instruments are judged by."""
    rules = _effective(each for each in found["rules"] if each.id == instrument_id)
    opening = Opening(
        week_of(instrument_id, found["hours"]),
        rules.closed_on_holidays,
        rules.makeup_weekday,
        calendar,
        seasons_in(instrument_id, found["seasons"]),
    )
    return Terms(opening=opening, rules=rules, longest=limits.longest, horizon=limits.horizon)


def own_in(instrument_id: int, found: Mapping[str, Sequence[Any]]) -> list[Interval]:
    """The user's bookings of one of the instruments, where they count."""
    return [Interval(each.start, each.end) for each in found["own"] if each.instrument_id == instrument_id]


def held_range(
    instrument: SQLColumnExpression[int] | BindParameter[int],
    start: BindParameter[datetime],
    end: BindParameter[datetime],
) -> tuple[ColumnElement[datetime], ColumnElement[datetime]]:
    """The bounds of a slot with the time that an instrument's rules keep free around it, in SQL."""
    return start - _minutes(instrument, BookingRule.before_minutes), end + _minutes(
        instrument, BookingRule.after_minutes
    )


def holds_for(instrument: type[Instrument]) -> ColumnElement[bool]:
    """The condition on :class:`BookingRule` that it is an instrument's own, or its provider's for all."""
    of_provider = and_(BookingRule.instrument_id.is_(None), BookingRule.provider_id == instrument.provider_id)
    return or_(BookingRule.instrument_id == instrument.id, of_provider)


def booking_rules(instrument: Instrument) -> BookingRules:
    """What is asked of bookings of an instrument: by rules of its own, else by its provider's."""
    found = select(BookingRule.instrument_id.is_not(None).label("is_own"), *_ASKED).where(
        or_(BookingRule.instrument_id == instrument.id, _of_provider(instrument.provider_id))
    )
    return _effective(session().execute(found))


def shown_rules(instrument: Instrument) -> dict[str, Any]:
    """What is asked of bookings of an instrument, and whether by rules of its own."""
    own = rule_row(provider_id=instrument.provider_id, instrument_id=instrument.id)
    return {"is_own": own is not None, "rules": booking_rules(instrument)}


def own_provider_rules(actor: Actor) -> BookingRules:
    """What the actor's own organisation asks of bookings of its instruments."""
    return NO_RULES if actor.organisation_id is None else provider_rules(actor.organisation_id)


def provider_rules(provider_id: int) -> BookingRules:
    """What a provider asks of bookings of its instruments that have no rules of their own."""
    found = select(literal(value=False).label("is_own"), *_ASKED).where(_of_provider(provider_id))
    return _effective(session().execute(found))


def rule_row(*, provider_id: int, instrument_id: int | None) -> BookingRule | None:
    """The row of an instrument's own rules, or of its provider's for all."""
    mine = _of_provider(provider_id) if instrument_id is None else BookingRule.instrument_id == instrument_id
    return session().scalar(select(BookingRule).where(mine))


def _of_provider(provider_id: int) -> ColumnElement[bool]:
    return and_(BookingRule.instrument_id.is_(None), BookingRule.provider_id == provider_id)


def _effective(found: Iterable[Any]) -> BookingRules:
    """Rules of its own hold alone; the provider's only where there are none."""
    rows = sorted(found, key=lambda each: not each.is_own)
    return BookingRules(**{name: getattr(rows[0], name) for name in _NAMES}) if rows else NO_RULES


def _minutes(instrument: SQLColumnExpression[int] | BindParameter[int], column: Any) -> ColumnElement[timedelta]:
    each = aliased(Instrument)
    minutes = (
        select(column)
        .select_from(BookingRule)
        .join(each, holds_for(each))
        .where(each.id == instrument)
        .order_by(BookingRule.instrument_id)
        .limit(1)
    )
    return func.make_interval(0, 0, 0, 0, 0, func.coalesce(minutes.scalar_subquery(), 0), type_=IntervalType())
