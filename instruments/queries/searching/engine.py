"""Questions to the engine, in the few forms that are asked."""

from __future__ import annotations

from collections.abc import Sequence

from tantivy import FieldType, Occur, Query

from instruments.queries.searching.layout import schema


def term(field: str, value: int | str | None) -> Query:
    """That a field has a value."""
    return Query.term_query(schema(), field, value, index_option="basic")


def all_of(queries: Sequence[Query]) -> Query:
    """That all of them hold; there must be one."""
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Must, each) for each in queries])


def any_of(queries: Sequence[Query]) -> Query:
    """That one of them holds."""
    return Query.boolean_query([(Occur.Should, each) for each in queries])


def between(field: str, low: int | None, high: int | None, *, open_ends: bool = False) -> Query:
    """A range of a number; with ``open_ends`` its limits do not belong to it."""
    return Query.range_query(
        schema(),
        field,
        FieldType.Integer,
        low,
        high,
        include_lower=low is None or not open_ends,
        include_upper=high is None or not open_ends,
    )
