"""One use case, one transaction."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, cast

import psycopg
import pytest
from flask import Flask
from sqlalchemy import CursorResult, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, PendingRollbackError
from sqlalchemy.orm import Session

from core import pool
from core.db import (
    NestedTransaction,
    NoTransaction,
    TransactionBroken,
    ask,
    db,
    guard_commits,
    leave_transaction,
    require_transaction,
    session,
    transaction,
)
from core.pool import TRUSTED_SECONDS
from core.statements import Statement
from core.workdays import CalendarException, CalendarYear, YearStatus
from tests.databases import Database


class Refusal(Exception):
    """Raised by a use case."""


def add(year: int) -> None:
    require_transaction().add(CalendarYear(year=year, status=YearStatus.PROVISIONAL, reference="test"))


def years(database: Database) -> set[int]:
    """What is committed, seen by somebody else."""
    with database.connect() as other:
        return {row[0] for row in other.execute("SELECT year FROM calendar_year WHERE reference = 'test'")}


def test_it_commits_at_its_end(committed_app: Flask, database: Database) -> None:
    """Not before."""
    with transaction() as current:
        add(2100)
        current.flush()
        assert years(database) == set()
    assert years(database) == {2100}


@pytest.mark.parametrize("failure", [Refusal, KeyboardInterrupt])
def test_it_rolls_back_at_any_exception(committed_app: Flask, database: Database, failure: type[BaseException]) -> None:
    """And can be opened again afterwards."""

    @transaction()
    def failing() -> None:
        add(2100)
        raise failure

    with pytest.raises(failure):
        failing()
    assert years(database) == set()
    with transaction():
        add(2101)
    assert years(database) == {2101}


def test_after_a_failure_nothing_is_sent_past_the_session_either(committed_app: Flask) -> None:
    """The locks taken before it are gone, so whoever swallowed it decides on nothing any more."""
    all_years = Statement(select(CalendarYear.year))

    def swallowing() -> None:
        with transaction() as current:
            ask(all_years, {})
            current.add(CalendarYear(year=2100, status=YearStatus.PROVISIONAL, reference=None))
            with suppress(IntegrityError):
                current.flush()
            ask(all_years, {})
            pytest.fail("it was answered")

    with pytest.raises(PendingRollbackError):
        swallowing()


def test_a_use_case_opens_exactly_one(app: Flask) -> None:
    """A second one inside is a mistake, whatever its kind."""
    with pytest.raises(NestedTransaction), transaction(), transaction():
        pass
    with pytest.raises(NestedTransaction), transaction(), transaction(joinable=True):
        pass
    with pytest.raises(NestedTransaction), transaction(joinable=True), transaction(joinable=True):
        pass
    with pytest.raises(NestedTransaction), transaction(joinable=True), transaction(), transaction():
        pass


def test_what_is_no_mere_reading_outside_of_one_is_rolled_back(committed_app: Flask, database: Database) -> None:
    """Reads end with COMMIT; a statement that writes, or a record that was added, never does."""
    session().execute(text("INSERT INTO calendar_year VALUES (2100, 'provisional', 'test')"))
    with transaction():
        add(2101)
    with committed_app.app_context():
        session().execute(text("INSERT INTO calendar_year VALUES (2102, 'provisional', 'test')"))
    with committed_app.app_context():
        session().add(CalendarYear(year=2103, status=YearStatus.PROVISIONAL, reference="test"))
        session().flush()
    session().add(CalendarYear(year=2104, status=YearStatus.PROVISIONAL, reference="test"))
    leave_transaction()
    assert years(database) == {2101}


def test_statements_stay_prepared_from_request_to_request(committed_app: Flask) -> None:
    """A ROLLBACK would have the driver forget them, and the server plan each anew."""
    read = select(CalendarYear.year).where(CalendarYear.reference == "test")
    for _ in range(8):
        with committed_app.app_context():
            session().scalars(read).all()
            with transaction() as current:
                current.scalars(read).all()
    prepared = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%calendar_year.reference%'"
    assert session().scalar(text(prepared)) == 1


def test_a_connection_lost_while_reading_does_not_take_the_answer_along(
    committed_app: Flask, database: Database
) -> None:
    """The failure was answered; at the end of the request nothing of the transaction can be ended any more."""
    with committed_app.app_context():
        backend = session().scalar(text("SELECT pg_backend_pid()"))
        with database.connect() as owner:
            owner.execute("SELECT pg_terminate_backend(%s, 5000)", (backend,))
        with pytest.raises(OperationalError):
            session().execute(text("SELECT 1"))
    with committed_app.app_context():
        assert session().scalar(text("SELECT 1")) == 1


def test_a_connection_lost_while_many_rows_are_read_leaves_no_cursor_open(
    committed_app: Flask, database: Database
) -> None:
    """The driver would complain of one when it is forgotten, in the middle of whatever is done then."""
    with committed_app.app_context():
        backend = session().scalar(text("SELECT pg_backend_pid()"))
        many = session().execute(text("SELECT generate_series(1, 10)"), execution_options={"yield_per": 2})
        assert many.fetchone() == (1,)
        cursor = cast(CursorResult[Any], many).cursor
        assert not cursor.closed
        with database.connect() as owner:
            owner.execute("SELECT pg_terminate_backend(%s, 5000)", (backend,))
        with pytest.raises(OperationalError):
            many.all()
        assert cursor.closed


def test_a_connection_that_ended_while_it_was_idle_is_made_anew(committed_app: Flask, database: Database) -> None:
    """As when the server was restarted between two requests: the next one does not notice."""
    with committed_app.app_context():
        backend = session().scalar(text("SELECT pg_backend_pid()"))
    with committed_app.app_context():
        assert session().scalar(text("SELECT pg_backend_pid()")) == backend, "it is kept from request to request"
    with database.connect() as owner:
        owner.execute("SELECT pg_terminate_backend(%s, 5000)", (backend,))
    with committed_app.app_context():
        assert session().scalar(text("SELECT pg_backend_pid()")) != backend


def test_a_connection_that_was_idle_for_long_is_asked_before_it_is_used(
    committed_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network may have forgotten it without a word; one that was used just now is taken as it is."""
    asked: list[object] = []
    ping = db.engine.dialect.do_ping

    def counted(connection: Any) -> bool:
        asked.append(connection)
        return ping(connection)

    monkeypatch.setattr(db.engine.dialect, "do_ping", counted)
    for seconds, times in ((TRUSTED_SECONDS, 0), (0.0, 1)):
        with committed_app.app_context():
            session().execute(text("SELECT 1"))
        monkeypatch.setattr(pool, "TRUSTED_SECONDS", seconds)
        with committed_app.app_context():
            session().execute(text("SELECT 1"))
        assert len(asked) == times


def test_steps_need_one(app: Flask) -> None:
    """Outside, also after one, they refuse."""
    with pytest.raises(NoTransaction):
        add(2100)
    with transaction():
        assert require_transaction() is session()
    with pytest.raises(NoTransaction):
        require_transaction()


def test_the_edge_owns_the_transaction_and_the_use_case_joins_it(committed_app: Flask, database: Database) -> None:
    """What the use case wrote commits with what the edge adds afterwards."""
    with transaction(joinable=True):
        with transaction():
            add(2100)
        assert years(database) == set()
        add(2101)
    assert years(database) == {2100, 2101}


def test_what_fails_after_the_use_case_undoes_it(committed_app: Flask, database: Database) -> None:
    """Effect and stored answer go together."""

    @transaction(joinable=True)
    def failing() -> None:
        with transaction():
            add(2100)
        raise Refusal

    with pytest.raises(Refusal):
        failing()
    assert years(database) == set()


def test_a_failed_use_case_cannot_be_committed_by_swallowing_its_failure(
    committed_app: Flask, database: Database
) -> None:
    """Half of a use case is worse than none; nor may another one be tried in its transaction."""

    @transaction()
    def failing() -> None:
        add(2100)
        raise Refusal

    @transaction(joinable=True)
    def trying_another() -> None:
        with pytest.raises(Refusal):
            failing()
        with transaction():
            add(2101)

    with pytest.raises(TransactionBroken), transaction(joinable=True), pytest.raises(Refusal):
        failing()
    with pytest.raises(NestedTransaction):
        trying_another()
    assert years(database) == set()


def test_a_read_before_does_not_leak_into_it(committed_app: Flask, database: Database) -> None:
    """What was read before is read again, so a decision rests on what is true now."""
    with transaction():
        add(2100)
    found = session().get_one(CalendarYear, 2100)
    assert found.status is YearStatus.PROVISIONAL
    with database.connect() as other:
        other.execute("UPDATE calendar_year SET status = 'published' WHERE year = 2100")
    with transaction() as current:
        assert current.get_one(CalendarYear, 2100).status is YearStatus.PUBLISHED


def test_what_was_added_before_does_not_leak_into_it(committed_app: Flask, database: Database) -> None:
    """A write outside a transaction is lost rather than carried along."""
    session().add(CalendarYear(year=2100, status=YearStatus.PROVISIONAL, reference="test"))
    session().flush()
    with transaction():
        add(2101)
    assert years(database) == {2101}


def test_guards_are_asked_before_each_commit(committed_app: Flask, database: Database) -> None:
    """They see what is to be committed and may refuse."""
    seen: list[int] = []

    def guard(current: Session) -> None:
        seen.append(current.scalar(text("SELECT count(*) FROM calendar_year WHERE reference = 'test'")) or 0)
        raise Refusal

    remove = guard_commits(guard)
    with pytest.raises(Refusal), transaction():
        add(2100)
    remove()
    assert seen == [1]
    assert years(database) == set()
    with transaction():
        add(2100)
    assert years(database) == {2100}


def test_the_application_waits_three_seconds_for_a_lock_at_most(committed_app: Flask) -> None:
    """Configured on the connection, with UTC."""
    assert session().scalar(text("SHOW lock_timeout")) == "3s"
    assert session().scalar(text("SHOW timezone")) == "UTC"
    assert session().scalar(text("SELECT current_user")) == "marketplace_app"


def test_the_application_does_not_own_its_tables(committed_app: Flask, database: Database) -> None:
    """It can neither change the schema nor switch a trigger off."""
    for statement in (b"ALTER TABLE audit_entry DISABLE TRIGGER ALL", b"DROP TABLE calendar_exception"):
        with database.connect() as application:
            application.execute("SET ROLE marketplace_app")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute(statement)
    assert session().query(CalendarException).count() > 0
