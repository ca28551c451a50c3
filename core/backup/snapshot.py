"""What both directions say to the server: the session they need, and the names of tables, columns and sequences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Engine, create_engine, pool, text

NOT_KEPT = "alembic_version"
"""The one table that migrations write by themselves."""

_PORTABLE = (
    "SET LOCAL timezone TO 'UTC'",
    "SET LOCAL datestyle TO 'ISO, YMD'",
    "SET LOCAL intervalstyle TO 'postgres'",
    "SET LOCAL bytea_output TO 'hex'",
    "SET LOCAL extra_float_digits TO 3",
    "SET LOCAL statement_timeout TO 0",
    "SET LOCAL lock_timeout TO 0",
    "SET LOCAL idle_in_transaction_session_timeout TO 0",
)
_COLUMNS = """
    SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> :not_kept
       AND a.attnum > 0 AND NOT a.attisdropped
     GROUP BY c.relname ORDER BY c.relname
"""


@contextmanager
def owner_engine(owner_url: str) -> Iterator[Engine]:
    """Connections of the owner, closed when they are done with."""
    engine = create_engine(owner_url, poolclass=pool.NullPool)
    try:
        yield engine
    finally:
        engine.dispose()


def speak_portably(connection: Connection) -> None:
    """Until the end of the transaction values are written and read as every server does, and nothing runs out."""
    for setting in _PORTABLE:
        connection.execute(text(setting))


def columns_of(connection: Connection) -> dict[str, tuple[str, ...]]:
    """The tables a backup holds, each with its columns."""
    return {name: tuple(columns) for name, columns in connection.execute(text(_COLUMNS), {"not_kept": NOT_KEPT})}


def cursor_of(connection: Connection) -> psycopg.Cursor[Any]:
    """The driver's cursor in the open transaction, for COPY."""
    driver = cast(psycopg.Connection[Any], connection.connection.driver_connection)
    return driver.cursor()


def copy_statement(table: str, columns: Sequence[str], direction: str) -> sql.Composed:
    """COPY of these columns, ``direction`` being ``TO STDOUT`` or ``FROM STDIN``."""
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("COPY {} ({}) {}").format(sql.Identifier(table), listed, sql.SQL(direction))
