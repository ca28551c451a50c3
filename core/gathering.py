"""Several reads in one round trip: statements that are built once, and answered together as plain rows.

What a decision rests on lies in many tables. Asked one by one, most of the time goes into building the same statements
again and waiting for each. A :class:`Gathering` is built at import of selects with named parameters; nothing is judged
in it, and nothing is kept between two readings.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC as UTC_ZONE
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ColumnElement, Date, Numeric, Select, Table, Text, cast, func, select
from sqlalchemy.sql.selectable import Subquery
from sqlalchemy.sql.visitors import iterate
from sqlalchemy.types import TypeEngine

from core.db import ask, session
from core.statements import Statement
from core.types import UTC, Enumerated

Reader = Callable[[Any], Any]


class Gathering:
    """Named selects answered by one statement: ``gathering.read(user=5)["seats"]`` are the rows of its part ``seats``.

    Rows have the names of their columns, in the order of their select. Columns may be whole numbers, texts, yes and no,
    days, instants, decimals and enums.
    """

    def __init__(self, **parts: Select[Any]) -> None:
        self._tables = {found for part in parts.values() for found in iterate(part) if isinstance(found, Table)}
        rows = {name: part.subquery(name) for name, part in parts.items()}
        self._statement = Statement(select(*(_as_json(each).label(name) for name, each in rows.items())))
        self._readers = {name: _rows_reader(name, each) for name, each in rows.items()}

    def read(self, **params: Any) -> Mapping[str, Sequence[Any]]:
        """The rows of every part, as they stand now; what was changed of them in this transaction is seen."""
        current = session()
        if any(each.__table__ in self._tables for each in (*current.new, *current.dirty, *current.deleted)):
            current.flush()
        (found,) = ask(self._statement, params)
        return {name: read(found[at]) for at, (name, read) in enumerate(self._readers.items())}


def _as_json(rows: Subquery) -> ColumnElement[Any]:
    values = (cast(column, Text) if isinstance(column.type, Numeric) else column for column in rows.c)
    return select(func.json_agg(func.json_build_array(*values), type_=JSON())).scalar_subquery()


def _rows_reader(name: str, rows: Subquery) -> Callable[[list[list[Any]] | None], list[Any]]:
    row = namedtuple(name, [column.key for column in rows.c])  # type: ignore[misc]  # noqa: PYI024
    readers = [(at, read) for at, column in enumerate(rows.c) if (read := _reader(column.type)) is not None]

    def read_all(found: list[list[Any]] | None) -> list[Any]:
        for values in found or ():
            for at, read in readers:
                if values[at] is not None:
                    values[at] = read(values[at])
        return [row._make(values) for values in found or ()]

    return read_all


def _reader(kind: TypeEngine[Any]) -> Reader | None:
    """How a value is read back that JSON writes as text; None for the others."""
    if isinstance(kind, Enumerated):
        enum: Reader = kind.enum
        return enum
    if isinstance(kind, UTC):
        return _instant
    if isinstance(kind, Date):
        return date.fromisoformat
    return Decimal if isinstance(kind, Numeric) else None


def _instant(written: str) -> datetime:
    return datetime.fromisoformat(written).astimezone(UTC_ZONE)
