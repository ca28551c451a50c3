"""Calendars under any history: no overlap, free and taken fill the opening hours, nothing outside them."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from core import clock
from core.clock import SHANGHAI
from core.db import transaction
from core.invariants import verify
from core.permissions import SYSTEM, VISITOR
from core.types import Span
from core.workdays import load_calendar
from instruments.queries import SlotTaken, availability
from instruments.queries.invariants import INVARIANTS
from instruments.rules.opening import (
    MINUTES_A_DAY,
    Interval,
    Opening,
    WeeklyHours,
    free_intervals,
    hours_faults,
    join,
    open_intervals,
)
from instruments.service.calendar import set_opening_hours
from instruments.steps import SlotRefused, book, release
from tests.factories.accounts import actor_of, make_enterprise
from tests.factories.instruments import make_instrument

MONDAY = datetime(2026, 6, 1, tzinfo=SHANGHAI).astimezone(UTC)
WEEK = timedelta(days=7)

stretches = st.builds(
    lambda weekday, opens, length: WeeklyHours(weekday, opens, opens + length),
    st.integers(1, 7),
    st.integers(0, MINUTES_A_DAY - 1),
    st.integers(1, MINUTES_A_DAY),
)
weeks = st.lists(stretches, max_size=8).filter(lambda week: not hours_faults(week))
minutes = st.integers(0, 10 * MINUTES_A_DAY)


def interval(start: int, length: int) -> Interval:
    """Minutes after Monday as instants."""
    begins = MONDAY + timedelta(minutes=start)
    return Interval(begins, begins + timedelta(minutes=length))


intervals = st.builds(interval, minutes, st.integers(1, 3 * MINUTES_A_DAY))


def covered(periods: list[Interval]) -> timedelta:
    """Total length."""
    return sum((each.end - each.start for each in periods), timedelta())


def contains(periods: list[Interval], moment: datetime) -> bool:
    """Whether an instant lies in one of them."""
    return any(each.start <= moment < each.end for each in periods)


@given(weeks, st.lists(intervals, max_size=6), intervals)
def test_free_time_is_exactly_what_is_open_and_not_taken(
    week: list[WeeklyHours], taken: list[Interval], window: Interval
) -> None:
    """The complement, by length and at every border."""
    opened = open_intervals(Opening(tuple(week)), window.start, window.end)
    free = free_intervals(opened, taken)
    blocked = [Interval(max(a.start, b.start), min(a.end, b.end)) for a in opened for b in join(taken) if a.overlaps(b)]
    assert covered(free) + covered(blocked) == covered(opened)
    borders = [each.start for each in (*opened, *taken, *free)] + [each.end for each in (*opened, *taken, *free)]
    for moment in borders:
        assert contains(free, moment) == (contains(opened, moment) and not contains(taken, moment))


@given(weeks, intervals)
def test_opening_hours_are_the_same_however_they_are_looked_at(week: list[WeeklyHours], window: Interval) -> None:
    """Two halves of a window make the whole; the next week is the same one, seven days later."""
    middle, opening = window.start + (window.end - window.start) / 2, Opening(tuple(week))
    whole = open_intervals(opening, window.start, window.end)
    halves = open_intervals(opening, window.start, middle) + open_intervals(opening, middle, window.end)
    assert join(halves) == whole
    later = open_intervals(opening, window.start + WEEK, window.end + WEEK)
    assert [Interval(each.start + WEEK, each.end + WEEK) for each in whole] == later


@given(weeks)
def test_a_week_is_open_as_long_as_its_stretches(week: list[WeeklyHours]) -> None:
    """Nothing is counted twice, nothing is lost, whatever crosses midnight or Sunday night."""
    opened = open_intervals(Opening(tuple(week)), MONDAY, MONDAY + WEEK)
    assert covered(opened) == timedelta(minutes=sum(each.closes - each.opens for each in week))


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.integers(0, 6 * MINUTES_A_DAY // 30), st.integers(1, 40), st.booleans()),
        min_size=1,
        max_size=15,
    ),
    weeks,
)
def test_no_history_of_bookings_overlaps_or_leaves_opening_hours(
    app: Flask, wishes: list[tuple[int, int, bool]], week: list[WeeklyHours]
) -> None:
    """Booked, refused and released at random on the half hour; availability shows the rest."""
    now = MONDAY - timedelta(days=1)
    with clock.at(now):
        instrument, firm = make_instrument(hours=()), make_enterprise()
        owner, buyer = actor_of(instrument.provider), actor_of(firm)
        set_opening_hours(instrument_id=instrument.id, hours=week, actor=owner, now=now)
        opened = open_intervals(Opening(tuple(week)), MONDAY, MONDAY + WEEK)
        endless = open_intervals(Opening(tuple(week)), MONDAY, MONDAY + 3 * WEEK)
        live: dict[int, Interval] = {}
        for order_id, (start, length, gives_back) in enumerate(wishes, start=instrument.id * 100):
            slot = interval(start * 30, length * 30)
            is_open = any(each.start <= slot.start and slot.end <= each.end for each in endless)
            is_taken = any(slot.overlaps(each) for each in live.values())
            expected = SlotRefused if not is_open else SlotTaken if is_taken else None
            with pytest.raises(expected) if expected else nullcontext(), transaction():
                book(
                    order_id=order_id,
                    instrument_id=instrument.id,
                    during=Span(slot.start, slot.end),
                    organisation_id=firm.id,
                    calendar=load_calendar(),
                    actor=buyer,
                    now=now,
                )
            if expected is None:
                live[order_id] = slot
            if expected is None and gives_back:
                with transaction():
                    release(order_id=order_id, actor=SYSTEM, now=now)
                del live[order_id]
        assert verify(INVARIANTS) == []
        seen = availability(instrument.id, start=MONDAY, end=MONDAY + WEEK, length=None, actor=VISITOR, now=now)
        free = [Interval(each["starts_at"], each["ends_at"]) for each in seen["free"]]
        assert free == free_intervals(opened, live.values())
