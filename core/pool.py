"""Kept connections are looked at before they are used again, without asking the server each time.

A server that stops, or ends a connection, closes it, and a closed connection has something to read: so it is seen at
once and for nothing, where a question would be a round trip for every request. Only a connection that was idle for a
while is asked, as a network may have forgotten it without a word.
"""

from __future__ import annotations

import select
import time
from typing import Any

import psycopg
from sqlalchemy import Engine, ExceptionContext, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

TRUSTED_SECONDS = 30.0
"""How long a connection may be idle and is still used without a question."""

_IDLE_SINCE = "idle_since"


def look_before_use(engine: Engine) -> None:
    """Have each connection looked at when it is taken from the pool; all are made anew where one of them is gone."""

    @event.listens_for(engine, "checkin")
    def note(connection: Any, entry: ConnectionPoolEntry) -> None:
        entry.info[_IDLE_SINCE] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def look(connection: Any, entry: ConnectionPoolEntry, proxy: object) -> None:
        since = entry.info.get(_IDLE_SINCE)
        if since is None or (time.monotonic() - since < TRUSTED_SECONDS and _is_silent(connection)):
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.OperationalError as gone:
            raise InvalidatePoolError from gone


def close_lost_cursors(engine: Engine) -> None:
    """Have the cursor closed whose connection is lost: the mapping leaves it open then, and one of the server's kind
    would complain of that when it is forgotten."""

    @event.listens_for(engine, "handle_error")
    def close(context: ExceptionContext) -> None:
        asked = context.execution_context
        if context.is_disconnect and asked is not None and asked.cursor is not None:
            asked.cursor.close()


def _is_silent(connection: psycopg.Connection[Any]) -> bool:
    """Whether nothing was said on a connection that nobody asked anything; an ended one has its end to be read."""
    if connection.closed:
        return False
    heard = select.poll()
    heard.register(connection.fileno(), select.POLLIN)
    return not heard.poll(0)
