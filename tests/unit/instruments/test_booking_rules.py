"""What providers ask of bookings: lengths, the grid, lead time and horizon, quotas, public holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from chinese_calendar.constants import holidays, workdays

from core.clock import SHANGHAI
from core.workdays import WorkingCalendar
from instruments.rules.booking import BookingRules, rules_faults
from instruments.rules.opening import (
    MINUTES_A_DAY,
    Interval,
    Opening,
    Season,
    WeeklyHours,
    open_intervals,
    season_faults,
)
from instruments.rules.qualifications import Validity
from instruments.rules.slots import ClosedBy, Terms, bookable_starts, closed_stretches, free_stretches, slot_faults

HOUR = timedelta(hours=1)
ALWAYS = tuple(WeeklyHours(day, 0, MINUTES_A_DAY) for day in range(1, 8))
OFFICIAL = WorkingCalendar(
    frozenset(day.year for day in holidays),
    {day: False for day in holidays if day.weekday() < 5} | {day: True for day in workdays if day.weekday() >= 5},
)
NOW = datetime(2026, 6, 1, tzinfo=SHANGHAI).astimezone(UTC)


def at(day: int, hour: int, minute: int = 0, month: int = 6) -> datetime:
    """An instant of 2026 in Shanghai; the first of June is a Monday."""
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


def terms(rules: BookingRules, *, week: tuple[WeeklyHours, ...] = ALWAYS) -> Terms:
    """Judged with the pack's limits of a month and a year."""
    opening = Opening(week, rules.closed_on_holidays, rules.makeup_weekday, OFFICIAL)
    return Terms(opening=opening, rules=rules, longest=timedelta(days=31), horizon=timedelta(days=366))


def found(rules: BookingRules, slot: Interval, *own: Interval, now: datetime = NOW) -> list[str]:
    """The codes of what stands against a slot."""
    return [each.code for each in slot_faults(slot, terms=terms(rules), own=own, now=now)]


def test_every_fault_of_a_slot_is_named_at_once_with_its_article() -> None:
    """Too short, off the grid at both ends, too soon, over two quotas: one answer."""
    rules = BookingRules(min_minutes=120, step_minutes=30, lead_minutes=2880, week_hours=1, open_bookings=1)
    slot, own = Interval(at(2, 9, 10), at(2, 10, 20)), Interval(at(5, 9), at(5, 10))
    faults = slot_faults(slot, terms=terms(rules), own=[own], now=NOW)
    assert [each.code for each in faults] == [
        "slot_too_soon",
        "slot_too_short",
        "slot_off_grid",
        "slot_length_off_grid",
        "slot_quota_open",
        "slot_quota_week",
    ]
    assert {each.article for each in faults} == {"V10"}
    assert "48:00" in faults[0].text.zh


def test_the_bounds_themselves_are_allowed() -> None:
    rules = BookingRules(min_minutes=60, max_minutes=120, step_minutes=30, lead_minutes=60, horizon_days=10)
    assert found(rules, Interval(at(1, 1), at(1, 2))) == []
    assert found(rules, Interval(at(1, 0, 30), at(1, 2))) == ["slot_too_soon"]
    assert found(rules, Interval(at(11, 0), at(11, 2))) == []
    assert found(rules, Interval(at(11, 0, 30), at(11, 2))) == ["slot_too_far"]
    assert found(rules, Interval(at(2, 0), at(2, 2, 30))) == ["slot_longer_than_offered"]
    assert found(rules, Interval(at(2, 0), at(2, 0, 30))) == ["slot_too_short"]


def test_the_grid_begins_at_midnight_in_shanghai() -> None:
    """Eight hours from midnight in UTC, which ninety minutes do not divide."""
    rules = BookingRules(step_minutes=90)
    assert found(rules, Interval(at(2, 1, 30), at(2, 3))) == []
    assert found(rules, Interval(at(2, 1), at(2, 2, 30))) == ["slot_off_grid"]
    assert found(rules, Interval(at(2, 22, 30), at(3, 0))) == []


def test_a_quota_counts_each_week_and_month_a_slot_touches() -> None:
    """Over Sunday night a booking counts in both weeks with its part; over the month's end in both months."""
    rules = BookingRules(week_hours=3)
    own = Interval(at(5, 9), at(5, 11))
    assert found(rules, Interval(at(7, 23), at(8, 2)), own) == []
    assert found(rules, Interval(at(7, 22), at(8, 2)), own) == ["slot_quota_week"]
    month = BookingRules(month_hours=3)
    own = Interval(at(1, 9, month=7), at(1, 11, month=7))
    assert found(month, Interval(at(30, 22), at(1, 1, month=7)), own) == []
    assert found(month, Interval(at(30, 22), at(1, 2, month=7)), own) == ["slot_quota_month"]


def test_v10_who_is_qualified_books_within_its_days_and_over_their_nights() -> None:
    """Both days are included, in Shanghai; a slot that ends at midnight has not begun the next day."""
    rules = BookingRules(qualified_only=True)
    held = [Validity(date(2026, 6, 2), date(2026, 6, 3)), Validity(date(2026, 6, 10), None)]

    def codes(start: datetime, end: datetime, *held: Validity) -> list[str]:
        slot = Interval(start, end)
        return [each.code for each in slot_faults(slot, terms=terms(rules), own=(), now=NOW, qualified=held)]

    assert codes(at(2, 9), at(2, 10)) == ["slot_not_qualified"]
    for start, end in ((at(2, 0), at(4, 0)), (at(2, 22), at(3, 2)), (at(20, 9), at(21, 9))):
        assert codes(start, end, *held) == []
    for start, end in ((at(1, 23), at(2, 1)), (at(3, 22), at(4, 1)), (at(9, 22), at(10, 2))):
        assert codes(start, end, *held) == ["slot_qualification_over"]
    assert found(BookingRules(), Interval(at(2, 9), at(2, 10))) == []


def test_what_has_ended_is_no_open_booking() -> None:
    rules = BookingRules(open_bookings=1)
    past, running = Interval(NOW - HOUR, NOW), Interval(NOW - HOUR, NOW + HOUR)
    assert found(rules, Interval(at(2, 9), at(2, 10)), past) == []
    assert found(rules, Interval(at(2, 9), at(2, 10)), running) == ["slot_quota_open"]


@pytest.mark.parametrize(
    ("rules", "codes"),
    [
        (BookingRules(), []),
        (BookingRules(min_minutes=60, max_minutes=60, step_minutes=60), []),
        (BookingRules(min_minutes=61, max_minutes=60), ["rules_length_reversed"]),
        (BookingRules(min_minutes=50, max_minutes=59, step_minutes=60), ["rules_no_length"]),
        (BookingRules(min_minutes=32 * MINUTES_A_DAY), ["rules_no_length"]),
        (BookingRules(step_minutes=7), ["rules_step_uneven"]),
        (BookingRules(lead_minutes=2 * MINUTES_A_DAY, horizon_days=1), ["rules_lead_past_horizon"]),
        (BookingRules(week_hours=10, month_hours=9), ["rules_quota_reversed"]),
        (
            BookingRules(min_minutes=2, max_minutes=1, step_minutes=7, week_hours=2, month_hours=1),
            ["rules_length_reversed", "rules_step_uneven", "rules_quota_reversed"],
        ),
    ],
)
def test_rules_that_allow_nothing_are_refused_with_every_fault(rules: BookingRules, codes: list[str]) -> None:
    limits = {"longest": timedelta(days=31), "horizon": timedelta(days=366)}
    assert [each.code for each in rules_faults(rules, **limits)] == codes


def test_no_named_holiday_since_2016_is_missed_and_what_is_added_adjoins_one() -> None:
    """The official lists: each day off of an arrangement, weekends within it included."""
    day = date(2016, 1, 1)
    while day.year < 2027:
        if day in holidays:
            assert OFFICIAL.is_public_holiday(day), day
        elif OFFICIAL.is_public_holiday(day):
            assert day.weekday() >= 5, day
            beside = {day + timedelta(days=step) for step in (-2, -1, 1, 2)}
            assert any(each in holidays for each in beside), day
        assert OFFICIAL.is_makeup_day(day) == (day in workdays and day.weekday() >= 5), day
        day += timedelta(days=1)


def test_closed_on_public_holidays_and_open_on_makeup_days_as_on_a_weekday() -> None:
    """National Day 2026: off from Thursday 1 October to Wednesday 7, worked on Sunday 20 September and Saturday 10
    October. A stretch belongs to the day it begins on."""
    week = tuple(WeeklyHours(day, 22 * 60, 26 * 60) for day in range(1, 6))
    opening = Opening(week, closed_on_holidays=True, makeup_weekday=5, calendar=OFFICIAL)
    opened = open_intervals(opening, at(30, 12, month=9), at(12, 12, month=10))
    assert [each.start.astimezone(SHANGHAI).date() for each in opened] == [
        date(2026, 9, 30),
        date(2026, 10, 8),
        date(2026, 10, 9),
        date(2026, 10, 10),
    ]
    assert opened[0].end == at(1, 2, month=10)
    plain = Opening(week, calendar=OFFICIAL)
    assert len(open_intervals(plain, at(30, 12, month=9), at(12, 12, month=10))) == 8


def test_a_year_whose_holidays_are_not_published_is_provisional_where_they_matter() -> None:
    """Over the year's end, too."""
    in_2026, in_2027 = at(1, 0, month=12), datetime(2027, 1, 1, 12, tzinfo=SHANGHAI)
    minding = Opening(ALWAYS, closed_on_holidays=True, calendar=OFFICIAL)
    assert minding.provisional_years(in_2026, in_2027) == [2027]
    assert minding.provisional_years(in_2026, at(31, 23, month=12)) == []
    assert Opening(ALWAYS, calendar=OFFICIAL).provisional_years(in_2026, in_2027) == []


def test_a_range_of_days_has_hours_of_its_own() -> None:
    """In place of the week, first and last day included; empty ones close; a night belongs to the day it begins on."""
    nights = tuple(WeeklyHours(day, 20 * 60, 26 * 60) for day in range(1, 8))
    seasons = (
        Season(date(2026, 6, 3), date(2026, 6, 4), ()),
        Season(date(2026, 6, 6), date(2026, 6, 7), (WeeklyHours(6, 0, 60), WeeklyHours(7, 60, 120))),
    )
    opening = Opening(nights, seasons=seasons)
    opened = open_intervals(opening, at(2, 0), at(8, 12))
    assert opened == [
        Interval(at(2, 0), at(2, 2)),
        Interval(at(2, 20), at(3, 2)),
        Interval(at(5, 20), at(6, 2)),
        Interval(at(7, 1), at(7, 2)),
    ]
    assert not opening.is_never
    assert Opening((), seasons=seasons[:1]).is_never


def test_every_fault_of_a_range_of_days_is_named() -> None:
    others = [(date(2026, 7, 1), date(2026, 7, 10)), (date(2026, 7, 20), date(2026, 7, 30))]

    def faults(first: date, last: date) -> list[str]:
        return [each.code for each in season_faults(first, last, others)]

    assert faults(date(2026, 7, 11), date(2026, 7, 19)) == []
    assert faults(date(2026, 7, 10), date(2026, 7, 20)) == ["season_overlaps", "season_overlaps"]
    assert faults(date(2026, 7, 2), date(2026, 7, 1)) == ["season_reversed"]
    assert faults(date(2027, 1, 1), date(2028, 1, 2)) == ["season_too_long"]


def test_a_slot_on_a_holiday_is_told_apart_from_one_outside_hours() -> None:
    rules = BookingRules(closed_on_holidays=True)
    dragon_boat = Interval(at(19, 9), at(19, 10))
    assert found(rules, dragon_boat) == ["slot_on_public_holiday"]
    judged = terms(rules, week=(WeeklyHours(5, 480, 540),))
    late = [each.code for each in slot_faults(dragon_boat, terms=judged, own=(), now=NOW)]
    assert late == ["slot_outside_opening_hours"]
    window = Interval(at(18, 0), at(20, 0))
    assert closed_stretches(window, terms=terms(rules), now=NOW) == [(ClosedBy.HOLIDAY, Interval(at(19, 0), at(20, 0)))]


def test_what_is_free_keeps_clear_of_others_by_ones_own_buffers() -> None:
    """Before and after others, who hold their own buffers; nothing too short, nothing too soon."""
    rules = BookingRules(min_minutes=60, before_minutes=30, after_minutes=15, lead_minutes=60)
    taken = [Interval(at(1, 3), at(1, 4)), Interval(at(1, 5), at(1, 6))]
    window = Interval(at(1, 0), at(1, 12))
    free = free_stretches(window, terms=terms(rules), taken=taken, now=NOW)
    assert free == [Interval(at(1, 1), at(1, 2, 45)), Interval(at(1, 6, 30), at(1, 12))]
    assert closed_stretches(window, terms=terms(rules), now=NOW) == [(ClosedBy.LEAD_TIME, Interval(at(1, 0), at(1, 1)))]


def test_starts_lie_on_the_grid_and_only_for_lengths_that_are_offered() -> None:
    rules = BookingRules(step_minutes=60, max_minutes=180)
    free = [Interval(at(1, 8, 20), at(1, 12))]
    judged = terms(rules)
    (starts,) = bookable_starts(free, 2 * HOUR, terms=judged, now=NOW)
    assert (starts.first, starts.last, starts.every) == (at(1, 9), at(1, 10), HOUR)
    assert list(bookable_starts(free, 3 * HOUR, terms=judged, now=NOW)) != []
    assert list(bookable_starts(free, 4 * HOUR, terms=judged, now=NOW)) == []
    assert list(bookable_starts(free, 1.5 * HOUR, terms=judged, now=NOW)) == []
