"""What was asked of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

NO_QUERIES = ("SAVEPOINT", "RELEASE", "ROLLBACK")


MANY = 10
"""Records enough to show a page that asks for each of them; more only take longer to make."""


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """Every statement run within the block, savepoints aside."""
    made: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(NO_QUERIES):
            made.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield made
    finally:
        event.remove(Engine, "before_cursor_execute", note)
