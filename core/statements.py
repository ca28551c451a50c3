"""Statements that are compiled once and then handed to the driver as they are.

Through SQLAlchemy a statement that was built before is still looked up, its parameters put together and its answer
wrapped anew each time, which takes the processor longer than the driver does. For the statements of a use case that is
called all the time, a :class:`Statement` keeps what comes of that. Types refuse and convert as ever, and errors are
those of SQLAlchemy.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

Convert = Callable[[Any], Any]

_CURSOR = "cursor of statements"


class Statement:
    """A statement with named parameters, to be built at import: ``statement.rows(connection, {"user": 5})``.

    A parameter stands for one value, perhaps an array, as lists of varying length (``IN``) would change the statement.
    Defaults of columns that Python makes are not filled in.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._asking: _Asking | None = None
        self._reading: _Reading | None = None

    def rows(self, connection: Connection, params: Mapping[str, Any]) -> list[Any]:
        """Send it within the transaction of the connection; what it answers, as named tuples.

        Raises what SQLAlchemy would: subclasses of sqlalchemy.exc.DBAPIError.
        """
        asking = self._asking
        if asking is None:
            asking = self._asking = _asking(self._statement, connection.dialect)
        filled = asking.filled(params)
        cursor = _cursor(connection)
        try:
            cursor.execute(asking.sql, filled)
            if cursor.rownumber is None:
                return []
            found = cursor.fetchall()
        except psycopg.Error as refused:
            raise _known(refused, asking.sql, filled, connection, cursor) from refused
        reading = self._reading
        if reading is None:
            reading = self._reading = _reading(self._statement, cursor.description or (), connection.dialect)
        return reading.rows(found)


def _cursor(connection: Connection) -> psycopg.Cursor[Any]:
    """The one kept with the driver's connection as long as that lives; a new one costs a quarter of a statement."""
    pooled = connection.connection
    found: psycopg.Cursor[Any] | None = pooled.info.get(_CURSOR)
    if found is None:
        found = pooled.info[_CURSOR] = cast("psycopg.Cursor[Any]", pooled.cursor())
    return found


@dataclass(frozen=True, slots=True)
class _Asking:
    """The text as the driver takes it, the values that stay, and how the others are written."""

    sql: str
    constants: Mapping[str, Any]
    writers: Sequence[tuple[str, Convert]]

    def filled(self, params: Mapping[str, Any]) -> dict[str, Any]:
        filled = {**self.constants, **params}
        for name, write in self.writers:
            filled[name] = write(filled[name])
        return filled


@dataclass(frozen=True, slots=True)
class _Reading:
    """How what comes back becomes named tuples."""

    make: Convert
    readers: Sequence[tuple[int, Convert]]

    def rows(self, found: list[tuple[Any, ...]]) -> list[Any]:
        if not self.readers:
            return list(map(self.make, found))
        return [self.make(self._read(values)) for values in found]

    def _read(self, values: tuple[Any, ...]) -> list[Any]:
        read_values = list(values)
        for at, read in self.readers:
            read_values[at] = read(read_values[at])
        return read_values


def _asking(statement: Executable, dialect: Dialect) -> _Asking:
    compiled = cast(SQLCompiler, cast(ClauseElement, statement).compile(dialect=dialect))
    asked = {name for name, bound in compiled.binds.items() if bound.required}
    lists = sorted(name for name in asked if compiled.binds[name].expanding)
    if lists:
        raise TypeError(f"lists of varying length: {', '.join(lists)}")
    expanded = compiled.construct_expanded_state(dict.fromkeys(asked))
    kinds = {name: bound.type.dialect_impl(dialect) for name, bound in compiled.binds.items()}
    known = {name: kind.bind_processor(dialect) for name, kind in kinds.items()} | dict(expanded.processors)
    writers = {name: write for name, write in known.items() if write is not None}
    constants = {
        name: writers[name](value) if name in writers else value
        for name, value in expanded.parameters.items()
        if name not in asked
    }
    return _Asking(expanded.statement, constants, [(name, writers[name]) for name in sorted(asked & writers.keys())])


def _reading(statement: Executable, description: Sequence[psycopg.Column], dialect: Dialect) -> _Reading:
    """Text says nothing of its types, so the driver's own values stay."""
    row = namedtuple("Row", [column.name for column in description], rename=True)  # type: ignore[misc]  # noqa: PYI024
    columns = getattr(statement, "exported_columns", ())
    readers = [
        (at, read)
        for at, (column, told) in enumerate(zip(columns, description, strict=False))
        if (read := column.type.dialect_impl(dialect).result_processor(dialect, told.type_code)) is not None
    ]
    return _Reading(row._make, readers)


def _known(
    refused: psycopg.Error, sql: str, params: dict[str, Any], connection: Connection, cursor: psycopg.Cursor[Any]
) -> BaseException:
    """What SQLAlchemy makes of an error; a connection that is lost is given up, so that it is not used again."""
    is_lost = connection.dialect.is_disconnect(refused, cursor.connection, cursor)  # type: ignore[arg-type]
    if is_lost:
        connection.invalidate(refused)
    return DBAPIError.instance(
        sql, params, refused, psycopg.Error, connection_invalidated=is_lost, dialect=connection.dialect
    )
