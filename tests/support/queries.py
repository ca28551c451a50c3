"""What was asked of the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

NO_QUERIES = ("SAVEPOINT", "RELEASE", "ROLLBACK")


MANY = 10
"""Records enough to show a page that asks for each of them; more only take longer to make."""

Note = Callable[[str, Any], None]


def listen(note: Note, patch: pytest.MonkeyPatch) -> None:
    """Have ``note(statement, parameters)`` called before each statement that this process gives to the driver: some go
    there past SQLAlchemy, whose events would not tell of them."""
    for kind, name in (
        (psycopg.Cursor, "execute"),
        (psycopg.Cursor, "executemany"),
        (psycopg.ServerCursor, "execute"),
    ):
        patch.setattr(kind, name, _telling(getattr(kind, name), note))


def _telling(send: Callable[..., Any], note: Note) -> Callable[..., Any]:
    def told(cursor: Any, statement: Any, params: Any = None, **options: Any) -> Any:
        note(str(statement), params)
        return send(cursor, statement, params, **options)

    return told


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """Every statement run within the block, savepoints aside."""
    made: list[str] = []

    def note(statement: str, _: Any) -> None:
        if not statement.startswith(NO_QUERIES):
            made.append(statement)

    with pytest.MonkeyPatch.context() as patch:
        listen(note, patch)
        yield made
