"""Taking turns where there is no row to lock yet: numbers given one after the other, things that are done once."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from core.db import require_transaction


def queue_for(name: str) -> None:
    """Wait for whoever else queued for the same, and keep the others waiting until the transaction ends."""
    require_transaction().execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def next_serial(
    serial: InstrumentedAttribute[int] | InstrumentedAttribute[int | None], *among: ColumnElement[bool], queue: str
) -> int:
    """The number after the last one ``among`` some records, 1 for the first; whoever asks in the same ``queue`` at this
    moment waits until the transaction ends."""
    queue_for(queue)
    return (require_transaction().scalar(select(func.max(serial)).where(*among)) or 0) + 1
