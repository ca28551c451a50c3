"""China's working days, make-up days included."""

from __future__ import annotations

import json
import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from core.db import session
from core.workdays import (
    CalendarException,
    CalendarYear,
    WorkingCalendar,
    YearNotPublished,
    YearStatus,
    load_calendar,
)

WEEKENDS_ONLY = WorkingCalendar(frozenset(), {})


@pytest.mark.parametrize(
    ("accepted", "due"),
    [
        (date(2025, 2, 5), date(2025, 3, 18)),
        (date(2025, 3, 3), date(2025, 4, 15)),
        (date(2025, 9, 15), date(2025, 10, 31)),
    ],
)
def test_s13_thirty_working_days(app: Flask, accepted: date, due: date) -> None:
    """S13, S14: list within 30 working days of acceptance."""
    assert load_calendar().add_working_days(accepted, 30) == due


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 2, 28), date(2026, 2, 28)),
        (date(2026, 5, 31), date(2026, 6, 1)),
        (date(2026, 1, 10), date(2026, 1, 12)),
        (date(2026, 1, 25), date(2026, 1, 26)),
        (date(2025, 10, 1), date(2025, 10, 9)),
    ],
)
def test_v17_a_day_that_is_no_working_day_moves_to_the_next(app: Flask, day: date, expected: date) -> None:
    """V17: 2026-02-28 is a make-up working Saturday; cut-offs of 2026-01 are the 12th and 26th."""
    assert load_calendar().next_working_day_on_or_after(day) == expected


def test_a_year_that_is_not_published_is_provisional(app: Flask) -> None:
    """Weekends only, said so, and refused where a confirmed date is asked for."""
    calendar = load_calendar()
    assert calendar.status(2026) is YearStatus.PUBLISHED
    assert calendar.status(2027) is YearStatus.PROVISIONAL
    assert calendar.is_working_day(date(2027, 1, 1))
    assert not calendar.is_working_day(date(2027, 1, 2))
    assert calendar.confirmed(date(2026, 12, 31)) == date(2026, 12, 31)
    with pytest.raises(YearNotPublished, match="2027"):
        calendar.confirmed(date(2027, 1, 1))


def test_a_year_becomes_published_by_entering_it(app: Flask) -> None:
    """The calendar is a table that people can edit."""
    session().add(CalendarYear(year=2027, status=YearStatus.PUBLISHED, reference="test"))
    session().add(CalendarException(day=date(2027, 1, 1), working=False, name="元旦"))
    session().flush()
    calendar = load_calendar()
    assert calendar.confirmed(date(2027, 1, 4)) == date(2027, 1, 4)
    assert not calendar.is_working_day(date(2027, 1, 1))


def test_a_part_of_the_calendar_counts_on_like_the_whole(app: Flask) -> None:
    """Who counts on from a day needs nothing of what lies before it."""
    whole = load_calendar()
    for start in (date(2026, 2, 13), date(2026, 9, 24), date(2026, 10, 1)):
        part = load_calendar(since=start)
        assert part.published == whole.published
        assert [part.add_working_days(start, n) for n in range(40)] == [
            whole.add_working_days(start, n) for n in range(40)
        ]


def test_exceptions_differ_from_the_plain_week(app: Flask) -> None:
    """Otherwise the row would say nothing."""
    odd = [
        each for each in session().query(CalendarException) if each.working == WEEKENDS_ONLY.is_working_day(each.day)
    ]
    assert odd == []


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 60))
def test_the_nth_working_day_has_n_working_days_up_to_it(day: date, count: int) -> None:
    """The day itself does not count; the last one is a working day."""
    found = WEEKENDS_ONLY.add_working_days(day, count)
    passed = [day + timedelta(days=n) for n in range(1, (found - day).days + 1)]
    assert sum(map(WEEKENDS_ONLY.is_working_day, passed)) == count
    assert count == 0 or WEEKENDS_ONLY.is_working_day(found)


@pytest.mark.skipif("REAL_DATA" not in os.environ, reason="REAL_DATA names no folder")
@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_the_table_equals_the_official_arrangement(app: Flask, year: int) -> None:
    """Every day that a year's published arrangement names, and no other exception."""
    folder = Path(os.environ["REAL_DATA"]) / "reference" / "holidays"
    days: dict[date, bool] = {}
    for path in sorted(folder.glob("*.json")):
        for each in json.loads(path.read_text("utf-8")).get("days", []):
            days[date.fromisoformat(each["date"])] = not each["isOffDay"]
    calendar = load_calendar()
    day, wrong = date(year, 1, 1), []
    while day.year == year:
        if calendar.is_working_day(day) != days.get(day, WEEKENDS_ONLY.is_working_day(day)):
            wrong.append(day)
        day += timedelta(days=1)
    assert days
    assert wrong == []


@given(day=st.dates(date(2024, 1, 1), date(2027, 12, 31)), count=st.integers(0, 60))
def test_counting_working_days_undoes_adding_them(day: date, count: int) -> None:
    """The day itself does not count, the last one does; backwards there is none."""
    later = WEEKENDS_ONLY.add_working_days(day, count)
    assert WEEKENDS_ONLY.working_days_between(day, later) == count
    assert WEEKENDS_ONLY.working_days_between(later, day) == 0
