"""Working days and waits as the database counts them, against the calendar and the trail."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import Date, cast, literal, select

from core.db import session
from core.workdays import load_calendar
from marketplace.reports.times import working_days_between

NEW_YEAR = date(2025, 12, 20)


@pytest.mark.parametrize("first", [NEW_YEAR + timedelta(days=number) for number in range(0, 75, 7)])
def test_the_database_counts_working_days_as_the_calendar_does(app: Flask, first: date) -> None:
    """Over New Year and the Spring Festival, with its holidays and make-up days, from every day of the week."""
    calendar = load_calendar()
    lasts = [first + timedelta(days=number) for number in (-1, 0, 1, 2, 3, 6, 10, 40, 90, 400)]
    counted = session().execute(
        select(*(working_days_between(cast(literal(first), Date), cast(literal(last), Date)) for last in lasts))
    )
    assert list(counted.one()) == [calendar.working_days_between(first, last) for last in lasts]
