"""Waiting for the server's other transactions, which hold up whatever reads by transaction number."""

from __future__ import annotations

import time

from sqlalchemy import text

from core.db import session

_DONE = text(
    "SELECT GREATEST((SELECT max(xid) FROM audit_entry), (SELECT max(xid) FROM outbox_event), 0)"
    " < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
)


def settle(*, within_seconds: float = 900) -> None:
    """Return once no transaction of the whole server is older than the newest entry and event.

    The server is shared with other tests, whose open transactions count too; that of random histories takes minutes.
    """
    deadline = time.monotonic() + within_seconds
    while not session().scalar(_DONE):
        session().rollback()
        assert time.monotonic() < deadline, "another transaction of this server does not end"
        time.sleep(0.05)
    session().rollback()
