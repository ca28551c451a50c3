"""Several reads in one statement: every kind of value comes back as it went in, and what was changed is seen."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from flask import Flask
from sqlalchemy import BigInteger, Date, Numeric, SmallInteger, bindparam, cast, literal, null, select

from core import types
from core.db import transaction
from core.gathering import Gathering
from core.workdays import CalendarYear, YearStatus

AT = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)

KINDS = Gathering(
    values=select(
        cast(literal(2**60), BigInteger).label("number"),
        literal("表'\\").label("words"),
        literal(value=True).label("holds"),
        cast(literal(date(2026, 3, 1)), Date).label("day"),
        cast(literal(AT), types.UTC).label("at"),
        cast(literal(Decimal("5.0001")), Numeric(7, 4)).label("percent"),
        cast(literal(YearStatus.PUBLISHED.value), types.Enumerated(YearStatus)).label("status"),
        cast(null(), Date).label("nothing"),
    ),
    nobody=select(CalendarYear.year).where(CalendarYear.year == 0),
)
YEARS = Gathering(
    years=select(CalendarYear.year, CalendarYear.status)
    .where(CalendarYear.year >= bindparam("since", type_=SmallInteger))
    .order_by(CalendarYear.year)
)


def test_values_come_back_as_they_are(app: Flask) -> None:
    found = KINDS.read()
    (row,) = found["values"]
    assert tuple(row) == (2**60, "表'\\", True, date(2026, 3, 1), AT, Decimal("5.0001"), YearStatus.PUBLISHED, None)
    assert row.percent.as_tuple().exponent == -4
    assert found["nobody"] == []


def test_what_the_transaction_changed_is_seen(app: Flask) -> None:
    with transaction() as current:
        current.add(CalendarYear(year=2090, status=YearStatus.PROVISIONAL, reference="test"))
        assert [tuple(each) for each in YEARS.read(since=2090)["years"]] == [(2090, YearStatus.PROVISIONAL)]
        current.get_one(CalendarYear, 2090).status = YearStatus.PUBLISHED
        assert YEARS.read(since=2090)["years"][0].status is YearStatus.PUBLISHED
