"""Dates are read in Shanghai."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest

from core import clock


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2025, 12, 31, 15, 59, 59, tzinfo=UTC), date(2025, 12, 31)),
        (datetime(2025, 12, 31, 16, 0, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2025, 12, 31, 23, 59, tzinfo=clock.SHANGHAI), date(2025, 12, 31)),
        (datetime(2026, 1, 1, 0, 0, tzinfo=clock.SHANGHAI), date(2026, 1, 1)),
        (datetime(2024, 2, 28, 16, 0, tzinfo=UTC), date(2024, 2, 29)),
    ],
)
def test_today_is_the_date_in_shanghai(instant: datetime, day: date) -> None:
    """Around midnight and at the turn of the year."""
    assert clock.today(instant) == day


def test_a_day_is_half_open() -> None:
    """It ends where the next one starts, 16:00 UTC."""
    new_year = date(2026, 1, 1)
    assert clock.start_of_day(new_year) == datetime(2025, 12, 31, 16, tzinfo=UTC)
    assert clock.end_of_day(date(2025, 12, 31)) == clock.start_of_day(new_year)
    assert clock.today(clock.start_of_day(new_year)) == new_year
    assert clock.today(clock.end_of_day(new_year) - timedelta(microseconds=1)) == new_year


def test_naive_instants_are_refused() -> None:
    """The machine's own time zone must not decide."""
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="aware"):
        clock.today(naive)
    with pytest.raises(ValueError, match="aware"), clock.at(naive):
        pass


def test_the_clock_can_be_held_and_runs_on() -> None:
    """Held in this thread only, nested, and released also after an error."""
    instant = datetime(2026, 3, 2, 9, tzinfo=clock.SHANGHAI)
    elsewhere: list[datetime] = []
    with clock.at(instant):
        assert clock.now() == instant
        thread = threading.Thread(target=lambda: elsewhere.append(clock.now()))
        thread.start()
        thread.join()
        with clock.at(instant + timedelta(days=1)):
            assert clock.today(clock.now()) == date(2026, 3, 3)
        assert clock.now() == instant
    assert elsewhere[0] != instant
    with pytest.raises(KeyError), clock.at(instant):
        raise KeyError
    assert clock.now() != instant
    assert clock.now().utcoffset() == timedelta(0)
