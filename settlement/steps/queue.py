"""The queue of payables: joined together, prepared alone.

Whoever adds a payable, cancels one or puts one back shares this lock until the end of the transaction;
preparing a batch takes it alone. So queue numbers become visible in their order, and a batch sees every payable
before the last one it takes (V3).
"""

from __future__ import annotations

from sqlalchemy import text

from core.db import require_transaction

_QUEUE_LOCK = 7_210_417_531
"""Key of the advisory lock, beside those of core."""


def join_queue() -> None:
    """Share the queue for a change of one payable."""
    require_transaction().execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": _QUEUE_LOCK})


def hold_queue() -> None:
    """Have the queue alone, to prepare a batch from it or give one back to it."""
    require_transaction().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _QUEUE_LOCK})
