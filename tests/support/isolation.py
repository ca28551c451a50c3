"""Keeping what one test, or one example of a property, writes away from the next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from flask import Flask

from core.db import db


@contextmanager
def rolled_back(shared: Flask) -> Iterator[None]:
    """An application context whose every session writes into one transaction that is never committed."""
    with shared.app_context():
        engines = cast(dict[str | None, Any], db.engines)
        engine = engines[None]
    with engine.connect() as connection:
        outermost = connection.begin()
        engines[None] = connection
        db.session.session_factory.configure(join_transaction_mode="create_savepoint")
        try:
            with shared.app_context():
                yield
        finally:
            engines[None] = engine
            outermost.rollback()
