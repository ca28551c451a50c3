"""Events arrive at least once and in order, also those of transactions that commit late."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import text

from core import migrate
from core.db import NoTransaction, session, transaction
from core.numbers import NumbersRestarted
from core.outbox import Event, advance, emit, take
from tests.databases import Database
from tests.support.settling import settle

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LATE = "INSERT INTO outbox_event (at, topic, payload) VALUES (now(), 'late', '{}') RETURNING id"


def emitted(*topics: str) -> None:
    with transaction():
        for topic in topics:
            emit(topic, {"name": topic}, now=NOW)


def read(reader: str, *, limit: int = 100) -> list[str]:
    """Everything that waits, read to the end."""
    with transaction():
        events = take(reader, limit=limit)
        for event in events:
            advance(reader, event)
    return [event.topic for event in events]


def read_by_id(seen: int) -> list[tuple[int, str]]:
    """How one must not read: everything above the highest number seen."""
    with transaction() as current:
        rows = current.execute(text("SELECT id, topic FROM outbox_event WHERE id > :seen ORDER BY id"), {"seen": seen})
        return [(row.id, row.topic) for row in rows]


def test_events_come_once_and_in_order(committed_app: Flask) -> None:
    """Each with what was emitted."""
    emitted("a", "b")
    emitted("c")
    settle()
    with transaction():
        first = take("reader", limit=1)[0]
    assert (first.topic, first.payload, first.at) == ("a", {"name": "a"}, NOW)
    assert read("reader", limit=2) == ["a", "b"]
    assert read("reader") == ["c"]
    assert read("reader") == []


def test_an_event_of_a_failed_use_case_is_never_sent(committed_app: Flask) -> None:
    """It is written with the change."""

    @transaction()
    def failing() -> None:
        emit("a", {}, now=NOW)
        raise KeyError

    with pytest.raises(KeyError):
        failing()
    emitted("b")
    settle()
    assert read("reader") == ["b"]
    with pytest.raises(NoTransaction):
        emit("c", {}, now=NOW)


def test_a_transaction_that_commits_late_is_not_lost(committed_app: Flask, database: Database) -> None:
    """Its events wait for it, and those after it wait as well: the order holds."""
    with database.connect() as late:
        late.execute(LATE)
        emitted("after")
        assert read("reader") == []
        late.commit()
    settle()
    assert read("reader") == ["late", "after"]


def test_reading_by_id_would_lose_it(committed_app: Flask, database: Database) -> None:
    """The counter-test: the lower number becomes visible after the higher one was passed."""
    with database.connect() as late:
        late.execute(LATE)
        emitted("after")
        (seen,) = read_by_id(0)
        assert seen[1] == "after"
        late.commit()
    assert read_by_id(seen[0]) == []
    settle()
    assert "late" in read("reader")


def test_two_readers_have_positions_of_their_own(committed_app: Flask) -> None:
    """One that is behind keeps nobody back."""
    emitted("a", "b")
    settle()
    assert read("one") == ["a", "b"]
    assert read("two", limit=1) == ["a"]
    emitted("c")
    settle()
    assert read("one") == ["c"]
    assert read("two") == ["b", "c"]


def test_a_position_is_kept_only_with_what_was_done(committed_app: Flask) -> None:
    """A reader that fails finds the event again."""
    emitted("a")
    settle()

    @transaction()
    def failing() -> None:
        (event,) = take("reader")
        advance("reader", event)
        raise KeyError

    with pytest.raises(KeyError):
        failing()
    assert read("reader") == ["a"]


def test_a_reader_reads_in_one_place_at_a_time(committed_app: Flask, database: Database) -> None:
    """Its position is locked while it works."""
    emitted("a")
    settle()
    with transaction():
        assert len(take("reader")) == 1
        with database.connect() as other:
            free = other.execute("SELECT 1 FROM outbox_reader WHERE name = 'reader' FOR UPDATE SKIP LOCKED").fetchone()
    assert free is None


def test_a_restored_dump_is_noticed_and_its_numbers_are_continued(committed_app: Flask, database: Database) -> None:
    """In a new server transactions count from below the positions; nothing may be passed over in silence.

    A migration, even one with nothing to do, lets the numbers go on above what is stored, and does so only then.
    """
    emitted("a")
    settle()
    ahead = 10**15
    with transaction():
        (event,) = take("reader")
        advance("reader", Event(event.id, ahead, event.at, event.topic, event.payload))
    with pytest.raises(NumbersRestarted, match=str(ahead)), transaction():
        take("reader")
    owner_url = str(committed_app.config["DATABASE_OWNER_URL"])
    assert not migrate.is_current(owner_url=owner_url)
    for _ in range(2):
        migrate.upgrade(owner_url=owner_url)
        with database.connect() as owner:
            assert owner.execute("SELECT base FROM transaction_base").fetchone() == (ahead,)
    assert migrate.is_current(owner_url=owner_url)
    emitted("b", "c")
    assert session().scalar(text("SELECT count(*) FROM outbox_event WHERE xid > :ahead"), {"ahead": ahead}) == 2
    session().rollback()
    received: list[str] = []
    while len(received) < 2:
        received += read("reader")
    assert received == ["b", "c"]


def test_numbers_are_left_alone_where_the_server_kept_counting(committed_app: Flask, database: Database) -> None:
    """A migration on the same server changes no number."""
    emitted("a")
    migrate.upgrade(owner_url=str(committed_app.config["DATABASE_OWNER_URL"]))
    with database.connect() as owner:
        assert owner.execute("SELECT base FROM transaction_base").fetchone() == (0,)
