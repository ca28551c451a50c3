"""Statements handed to the driver as they are: same conversions, same refusals, same end of a lost connection."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import psycopg
import pytest
from flask import Flask
from sqlalchemy import BigInteger, Numeric, bindparam, cast, insert, literal, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError, OperationalError, PendingRollbackError

from core import types
from core.db import NoTransaction, ask, insert_at_once, send, session, transaction
from core.statements import Statement
from core.types import Span
from core.workdays import CalendarYear, YearStatus
from settlement.models import LedgerAccount
from settlement.rules.chart import Cap
from tests.databases import Database
from tests.support.queries import counted_queries

AT = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
BEIJING = timezone(timedelta(hours=8))

SAID = Statement(
    select(
        bindparam("number", type_=BigInteger).label("number"),
        bindparam("words").label("words"),
        bindparam("at", type_=types.UTC).label("at"),
        bindparam("during", type_=types.Period).label("during"),
        cast(bindparam("percent", type_=Numeric(7, 4)), Numeric(7, 4)).label("percent"),
        bindparam("status", type_=types.Enumerated(YearStatus)).label("status"),
        bindparam("data", type_=JSONB).label("data"),
        literal(YearStatus.PUBLISHED, types.Enumerated(YearStatus)).label("always"),
    )
)
YEARS = Statement(
    select(CalendarYear.year, CalendarYear.status).where(
        CalendarYear.status.in_(list(YearStatus)), CalendarYear.year >= bindparam("since")
    )
)
ADD = Statement(
    insert(CalendarYear).values(
        year=bindparam("year"), status=bindparam("status", type_=types.Enumerated(YearStatus)), reference="test"
    )
)
BACKEND = Statement(text("SELECT pg_backend_pid() AS number"))


def end(database: Database, backend: int) -> None:
    """As when the server stops."""
    with database.connect() as owner:
        owner.execute("SELECT pg_terminate_backend(%s, 5000)", (backend,))


def test_values_go_and_come_back_by_their_types(app: Flask) -> None:
    """Instants in UTC, periods, enums and exact decimals; what was there at the start is a constant."""
    given = {
        "number": 2**60,
        "words": "表'\\ %s :at",
        "at": AT.astimezone(BEIJING),
        "during": Span(AT, None),
        "percent": Decimal("5.0001"),
        "status": YearStatus.PROVISIONAL,
        "data": {"deep": [True, None]},
    }
    for _ in range(2):
        (row,) = ask(SAID, given)
        assert row._asdict() == {**given, "at": AT, "always": YearStatus.PUBLISHED}
        assert row.at.tzinfo is UTC
        assert (type(row.during), type(row.status)) == (Span, YearStatus)


def test_types_refuse_what_is_never_stored(app: Flask) -> None:
    """As through the mapping."""
    given = dict.fromkeys(("number", "words", "at", "during", "percent", "status", "data"))
    with pytest.raises(TypeError, match="time zone"):
        ask(SAID, {**given, "at": AT.replace(tzinfo=None)})
    with pytest.raises(ValueError, match="no such"):
        ask(SAID, {**given, "status": "no such"})


def test_it_may_hold_a_list_but_not_take_one(app: Flask) -> None:
    """A list that is always the same is part of the statement."""
    with transaction():
        assert send(ADD, {"year": 2100, "status": YearStatus.PROVISIONAL}) == []
        assert [tuple(each) for each in send(YEARS, {"since": 2100})] == [(2100, YearStatus.PROVISIONAL)]
    taking = Statement(select(CalendarYear.year).where(CalendarYear.year.in_(bindparam("years", expanding=True))))
    with pytest.raises(TypeError, match="varying length: years"):
        ask(taking, {"years": [2100]})


def test_sending_needs_a_transaction(app: Flask) -> None:
    """Reading does not."""
    with pytest.raises(NoTransaction):
        send(YEARS, {"since": 2100})
    assert ask(YEARS, {"since": 2100}) == []


def test_it_is_counted_as_any_other(app: Flask) -> None:
    """What tests hear of queries, they hear at the driver."""
    with counted_queries() as asked:
        ask(YEARS, {"since": 2100})
        session().scalar(text("SELECT 1"))
    assert [each.partition(" ")[0] for each in asked] == ["SELECT", "SELECT"]


def test_what_the_database_refuses_is_told_as_ever(committed_app: Flask) -> None:
    """By SQLAlchemy's classes around the driver's; the transaction is given up and the connection stays."""

    @transaction()
    def adding_twice() -> None:
        for _ in range(2):
            send(ADD, {"year": 2100, "status": YearStatus.PROVISIONAL})

    before = ask(BACKEND, {})
    with pytest.raises(IntegrityError) as refused:
        adding_twice()
    assert isinstance(refused.value.orig, psycopg.errors.UniqueViolation)
    assert not refused.value.connection_invalidated
    assert ask(YEARS, {"since": 2100}) == []
    assert ask(BACKEND, {}) == before


def test_a_lost_connection_is_given_up(committed_app: Flask, database: Database) -> None:
    """It says so, and whoever asks next has another one."""

    @transaction()
    def losing_it() -> None:
        send(ADD, {"year": 2100, "status": YearStatus.PROVISIONAL})
        end(database, send(BACKEND, {})[0].number)
        send(BACKEND, {})

    before = ask(BACKEND, {})
    with pytest.raises(OperationalError) as lost:
        losing_it()
    assert lost.value.connection_invalidated
    assert ask(YEARS, {"since": 2100}) == []
    assert ask(BACKEND, {}) != before


def test_a_lost_connection_ends_the_transaction_even_if_that_is_swallowed(
    committed_app: Flask, database: Database
) -> None:
    """Nothing goes on over another connection unnoticed."""

    @transaction()
    def going_on() -> None:
        end(database, send(BACKEND, {})[0].number)
        with pytest.raises(OperationalError):
            send(BACKEND, {})
        send(ADD, {"year": 2100, "status": YearStatus.PROVISIONAL})

    with pytest.raises(PendingRollbackError):
        going_on()
    assert ask(YEARS, {"since": 2100}) == []


def test_a_record_inserted_at_once_has_its_defaults(app: Flask) -> None:
    """What nothing was said of holds what the mapping would have put there, and is not read again."""
    ref = Cap("controller:1", 2100).account
    with transaction() as current:
        made = LedgerAccount(book=ref.book, kind=ref.kind, owner=ref.owner, year=ref.year)
        insert_at_once(made)
        with counted_queries() as asked:
            assert (made.posted_fen, made.max_fen) == (0, None)
        assert asked == []
        current.expire(made)
        assert (made.owner, made.posted_fen, made.max_fen) == ("controller:1", 0, None)
