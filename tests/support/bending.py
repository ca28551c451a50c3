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


def disarm(owner: psycopg.Connection) -> None:
    """No triggers and foreign keys, no constraints but primary keys, no unique indexes, nothing that must be there."""
    owner.execute("SET session_replication_role = replica")
    statements = owner.execute(
        """
        SELECT format('ALTER TABLE %I DROP CONSTRAINT %I', c.relname, k.conname)
          FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
         WHERE k.contype IN ('c', 'f', 'x') AND c.relnamespace = 'public'::regnamespace
        UNION ALL
        SELECT format('ALTER TABLE %I DROP CONSTRAINT %I CASCADE', c.relname, k.conname)
          FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
         WHERE k.contype = 'u' AND c.relnamespace = 'public'::regnamespace
        UNION ALL
        SELECT format('DROP INDEX %I', c.relname)
          FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
         WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace
           AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
        UNION ALL
        SELECT format('ALTER TABLE %I ALTER COLUMN %I DROP NOT NULL', c.relname, a.attname)
          FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
         WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND a.attnotnull
           AND a.attidentity = ''
           AND NOT EXISTS (SELECT FROM pg_index i
                            WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey))
        """
    ).fetchall()
    for (statement,) in statements:
        owner.execute(statement)
