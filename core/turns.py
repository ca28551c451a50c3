"""Taking turns where there is no row to lock yet: numbers given one after the other, things that are done once."""

from __future__ import annotations

from sqlalchemy import func, select

from core.db import require_transaction


def queue_for(name: str) -> None:
    """Wait for whoever else queued for the same, and keep the others waiting until the transaction ends."""
    require_transaction().execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
