"""Random weeks, seasons and rules of an instrument, around National Day of 2026 and the Saturday worked after it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from core import clock
from core.clock import SHANGHAI
from instruments.models import Instrument
from instruments.rules.booking import BookingRules
from instruments.rules.opening import WeeklyHours, hours_faults
from instruments.service.booking_rules import set_instrument_rules, set_provider_rules
from instruments.service.calendar import set_opening_hours
from instruments.service.seasons import add_season
from tests.factories.accounts import actor_of
from tests.factories.instruments import make_instrument

MONDAY = datetime(2026, 9, 28, tzinfo=SHANGHAI).astimezone(UTC)
"""The week of National Day, worked on the Saturday after it."""

stretches = st.builds(
    lambda weekday, opens, length: WeeklyHours(weekday, opens * 60, (opens + length) * 60),
    st.integers(1, 7),
    st.integers(0, 23),
    st.integers(1, 24),
)
weeks = st.lists(stretches, max_size=8).filter(lambda week: not hours_faults(week))
rulesets = st.builds(BookingRules, closed_on_holidays=st.booleans(), makeup_weekday=st.sampled_from([None, 1, 5]))
seasons = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3), weeks), max_size=2)


def make_opened(
    week: list[WeeklyHours],
    ranges: list[tuple[int, int, list[WeeklyHours]]],
    rules: BookingRules,
    *,
    of_provider: bool,
    now: datetime,
) -> Instrument:
    """A published instrument with such hours; ``ranges`` of days begin after :data:`MONDAY`, one after the other.
    Rules are the provider's, or its own beside others of the provider."""
    instrument = make_instrument(hours=(), now=now)
    owner = actor_of(instrument.provider)
    set_opening_hours(instrument_id=instrument.id, hours=week, actor=owner, now=now)
    if of_provider:
        set_provider_rules(rules=rules, actor=owner, now=now)
    else:
        set_provider_rules(rules=BookingRules(closed_on_holidays=True, makeup_weekday=3), actor=owner, now=now)
        set_instrument_rules(instrument_id=instrument.id, rules=rules, actor=owner, now=now)
    last = clock.today(MONDAY) - timedelta(days=1)
    for skipped, days, hours in ranges:
        first = last + timedelta(days=1 + skipped)
        last = first + timedelta(days=days)
        _add(instrument, first, last, hours, now)
    return instrument


def _add(instrument: Instrument, first: date, last: date, hours: list[WeeklyHours], now: datetime) -> None:
    add_season(
        instrument_id=instrument.id,
        name="段",
        first_day=first,
        last_day=last,
        hours=hours,
        actor=actor_of(instrument.provider),
        now=now,
    )
