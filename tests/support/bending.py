"""Shows that statements which must always be true bite: the owner bends rows past all guards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import psycopg

from core.invariants import Invariant
from tests.databases import Database


def broken_by(database: Database, bend: str, invariants: Sequence[Invariant]) -> list[Invariant]:
    """What no longer holds once ``bend`` changed rows with triggers and foreign keys off; nothing stays changed."""
    with database.connect() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        assert connection.execute(bend).rowcount != 0, "it changes nothing"
        broken = [each for each in invariants if offends(connection, each)]
        connection.rollback()
    return broken


def assert_each_bites(database: Database, bends: Mapping[str, str], invariants: Sequence[Invariant]) -> None:
    """Each bend breaks the one statement whose name begins with its key."""
    for name, bend in bends.items():
        (invariant,) = [each for each in invariants if each.name.startswith(name)]
        assert broken_by(database, bend, [invariant]) == [invariant], name


def offends(connection: psycopg.Connection, invariant: Invariant) -> bool:
    """Whether a statement names a row as the connection sees them."""
    return connection.execute(invariant.sql.encode()).fetchone() is not None
