"""Copies of rows that exist, for data of many rows that the database takes for real ones."""

from __future__ import annotations

from typing import Any

import psycopg


def copy_row(connection: psycopg.Connection, table: str, model: int, *, by: str = "id", **changes: Any) -> int:
    """Copy the rows of the model with some columns changed; the number of the last one."""
    columns = columns_of(connection, table)
    shown = ", ".join(f"%({name})s" if name in changes else f'"{name}"' for name in columns)
    listed = ", ".join(f'"{name}"' for name in columns)
    rows = connection.execute(
        f"INSERT INTO {table} ({listed}) SELECT {shown} FROM {table} WHERE {by} = %(model)s RETURNING id",
        {**changes, "model": model},
    ).fetchall()
    assert rows, table
    return int(rows[-1][0])


def columns_of(connection: psycopg.Connection, table: str) -> list[str]:
    """Every column but the number, in their order."""
    found = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name <> 'id'"
        " AND table_schema = 'public' ORDER BY ordinal_position",
        (table,),
    )
    return [name for (name,) in found]
