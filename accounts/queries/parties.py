"""Which members a record is about, as its columns say, over as many records as lie between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Column, Table, inspect, select

from accounts.kinds import MEMBER_KINDS, OrganisationKind
from accounts.models import Controller, Organisation, User
from core.db import Model, session
from core.files import StoredFile

PARTIES = frozenset({*MEMBER_KINDS, OrganisationKind.INCUBATOR})
KEY = "id"
_NO_WAY = frozenset({User.__tablename__, StoredFile.__tablename__, Controller.__tablename__})
"""Who wrote a record, the files with it, and the group it is of make nobody a party of it."""
_Rows = dict[str, set[int]]


def parties_of(record: Model) -> list[Organisation]:
    """The members, providers, teams and incubators a flushed record is about, by number.

    They are those its columns lead to, directly or over other records, and what :attr:`core.db.Model.concerns` names;
    of a team, its incubator too. One query for each table on the way.
    """
    tables = Model.metadata.tables
    found: _Rows = defaultdict(set)
    wanted: _Rows = {record.__tablename__: {*(inspect(record).identity or ())}}
    for path, values in record.concerns.items():
        table, column = path.split(".")
        _add(wanted, _reached(tables[table], column, values))
    while wanted:
        table, numbers = wanted.popitem()
        fresh = numbers - found[table]
        found[table] |= fresh
        if fresh:
            _add(wanted, _reached(tables[table], KEY, fresh))
    named = select(Organisation).where(
        Organisation.id.in_(found[Organisation.__tablename__]), Organisation.kind.in_(PARTIES)
    )
    return list(session().scalars(named.order_by(Organisation.id)))


def ways_on(table: Table) -> Mapping[str, str]:
    """The columns of a table that lead on, each with the table it leads to: foreign keys and ``<table>_id``."""
    ways = {column.name: _target(column) for column in table.columns}
    return {name: target for name, target in ways.items() if target is not None and target not in _NO_WAY}


def _target(column: Column[Any]) -> str | None:
    for key in column.foreign_keys:
        return key.column.table.name
    named = column.name.removesuffix("_id")
    return named if named != column.name and named in Model.metadata.tables else None


def _add(rows: _Rows, more: _Rows) -> None:
    for table, numbers in more.items():
        rows.setdefault(table, set()).update(numbers)


def _reached(table: Table, column: str, values: Collection[int]) -> _Rows:
    """The rows that those of a table lead to whose column has one of the values; for its key, these rows too."""
    reached: _Rows = defaultdict(set)
    if column == KEY:
        reached[table.name] |= set(values)
    ways = ways_on(table)
    if not ways or not values:
        return reached
    for row in session().execute(select(*(table.c[name] for name in ways)).where(table.c[column].in_(values))):
        for target, number in zip(ways.values(), row, strict=True):
            if number is not None:
                reached[target].add(number)
    return reached
