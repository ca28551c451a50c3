"""Reading the audit trail onward: every change of money or state stands there, whoever wrote it and however many.

Positions are those of the outbox's readers, and go by ``xid < pg_snapshot_xmin`` like them (core/numbers.py).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Text, column, literal, select, text, tuple_, values
from sqlalchemy.orm import undefer

from core.audit import AuditEntry
from core.db import require_transaction
from core.numbers import HORIZON, require_continued_numbers
from core.outbox import OutboxReader
from core.types import MAX_FEN as MAX_NUMBER


def read_on(reader: str, *, about: Collection[tuple[str, str]], limit: int) -> tuple[Sequence[AuditEntry], bool]:
    """The next entries about some (kind of record, action), and whether there may be more; moves the position.

    The position and what the caller writes commit together, so each entry is handled once. The reader's row is made by
    the migration that brings it.
    """
    current = require_transaction()
    position = current.scalars(select(OutboxReader).where(OutboxReader.name == reader).with_for_update()).one()
    require_continued_numbers(position.last_xid)
    horizon = int(current.scalar(text(f"SELECT {HORIZON}")) or 0)
    wanted = values(column("kind", Text), column("action", Text), name="wanted").data(list(about))
    entries = current.scalars(
        select(AuditEntry)
        .options(undefer(AuditEntry.xid))
        .where(
            tuple_(AuditEntry.xid, AuditEntry.id) > tuple_(literal(position.last_xid), literal(position.last_id)),
            AuditEntry.xid < horizon,
            tuple_(AuditEntry.subject_kind, AuditEntry.action).in_(select(wanted.c.kind, wanted.c.action)),
        )
        .order_by(AuditEntry.xid, AuditEntry.id)
        .limit(limit)
    ).all()
    is_full = len(entries) == limit
    if is_full:
        position.last_xid, position.last_id = entries[-1].xid, entries[-1].id
    elif horizon - 1 > position.last_xid:
        position.last_xid, position.last_id = horizon - 1, MAX_NUMBER
    current.flush()
    return entries, is_full
