"""Rows of append-only tables, written together: however many and of however many tables, in one statement.

Each table's rows go as one JSON array, so the statement is the same for any number of them, stays prepared, and costs
one round trip. What mapping would do for them besides, such as knowing them afterwards, such rows do not need.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, Table, TypeDecorator, text
from sqlalchemy.dialects import postgresql

from core.statements import Statement
from core.types import UTC

_POSTGRES = postgresql.dialect()  # type: ignore[no-untyped-call]

Writer = Callable[[Any], Any]


class PendingRows:
    """Rows still to be written. Columns may be whole numbers, texts, enums, fen, instants and JSON; those that the
    database fills itself are left out."""

    def __init__(self) -> None:
        self._rows: dict[Table, list[Mapping[str, Any]]] = {}

    def add(self, table: Table, row: Mapping[str, Any]) -> None:
        """Keep a row, which names every column that the database does not fill."""
        self._rows.setdefault(table, []).append(row)

    def write(self, connection: Connection) -> None:
        """Insert what there is, each table's in the order in which it was added."""
        if not self._rows:
            return
        rows, self._rows = self._rows, {}
        params = {table.name: _as_json(table, those) for table, those in rows.items()}
        _insert_into(tuple(rows)).rows(connection, params)


@cache
def _insert_into(tables: tuple[Table, ...]) -> Statement:
    """All but the last are common table expressions."""
    *others, last = [_insert_of(table) for table in tables]
    named = ", ".join(f"{table.name}_rows AS ({insert})" for table, insert in zip(tables, others, strict=False))
    return Statement(text(f"WITH {named} {last}" if named else last))


def _insert_of(table: Table) -> str:
    columns = list(_written(table))
    names = ", ".join(column.name for column in columns)
    typed = ", ".join(f"{column.name} {column.type.compile(_POSTGRES)}" for column in columns)
    return (
        f"INSERT INTO {table.name} ({names})"
        f" SELECT {names} FROM json_to_recordset(CAST(:{table.name} AS json)) AS given ({typed})"
    )


@cache
def _written(table: Table) -> Mapping[Column[Any], Writer | None]:
    """The columns a row names, and how what it gives becomes JSON."""
    return {column: _writer(column) for column in table.columns if column.server_default is None}


def _writer(column: Column[Any]) -> Writer | None:
    """Types that refuse what must not be stored refuse it here as well."""
    kind = column.type
    if not isinstance(kind, TypeDecorator):
        return None
    if isinstance(kind, UTC):
        return lambda given: _written_out(kind.process_bind_param(given, _POSTGRES))
    return lambda given: kind.process_bind_param(given, _POSTGRES)


def _written_out(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _as_json(table: Table, rows: list[Mapping[str, Any]]) -> str:
    writers = _written(table)
    return json.dumps(
        [
            {
                column.name: row[column.name] if write is None else write(row[column.name])
                for column, write in writers.items()
            }
            for row in rows
        ]
    )
