"""The audit trail: one row for every change of money or state, written in the same transaction, never changed.

These rows are the state history. Roles and triggers of migration 0001 refuse UPDATE, DELETE and TRUNCATE.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, FetchedValue, Index, Text, inspect, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model, append, require_transaction, session
from core.permissions import Actor
from core.types import UTC, identity_key

Guard = Callable[[Actor, Model, str, datetime], None]


class _Guards:
    """What is asked before an entry is written; nothing until the application says what."""

    ask: Guard | None = None


def set_guard(guard: Guard) -> None:
    """Have ``guard(actor, subject, action, now)`` called for every entry, to refuse the whole use case by raising.

    As nothing changes without an entry, what holds for every change is said here once.
    """
    _Guards.ask = guard


class AuditEntry(Model):
    """One change: who did what to which record, from which state to which, and what went with it."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject", "subject_kind", "subject_id", "id"),
        Index("ix_audit_entry_xid_id", "xid", "id"),
    )

    id: Mapped[int] = identity_key()
    at: Mapped[datetime] = mapped_column(UTC)
    actor_user_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_organisation_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_role: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    subject_kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[int] = mapped_column(BigInteger)
    from_state: Mapped[str | None] = mapped_column(Text)
    to_state: Mapped[str | None] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    xid: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue(), deferred=True)


def record(
    *,
    actor: Actor,
    now: datetime,
    action: str,
    subject: Model,
    from_state: str | None = None,
    to_state: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Write one entry about ``subject`` (its table name and key). Needs a transaction; the guard may refuse."""
    current = require_transaction()
    if inspect(subject).identity is None:
        current.flush()
    if _Guards.ask is not None:
        _Guards.ask(actor, subject, action, now)
    (subject_id,) = inspect(subject).identity or (None,)
    append(
        AuditEntry,
        at=now,
        actor_user_id=actor.user_id,
        actor_organisation_id=actor.organisation_id,
        actor_role=actor.role,
        action=action,
        subject_kind=subject.__tablename__,
        subject_id=subject_id,
        from_state=from_state,
        to_state=to_state,
        data=dict(data or {}),
    )


def history(subject_kind: str, subject_id: int) -> list[AuditEntry]:
    """Every entry about one record, oldest first."""
    found = select(AuditEntry).where(AuditEntry.subject_kind == subject_kind, AuditEntry.subject_id == subject_id)
    return list(session().scalars(found.order_by(AuditEntry.id)))
