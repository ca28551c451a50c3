"""Events that must travel upward: written with the change, delivered afterwards, at least once and in order.

Readers keep positions of their own and go by ``xid < pg_snapshot_xmin`` (core/numbers.py), so a transaction that
commits late is not skipped, which reading by id would do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, FetchedValue, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model, require_transaction
from core.numbers import HORIZON, require_continued_numbers
from core.types import UTC, identity_key


class OutboxEvent(Model):
    """One event; ``xid`` is the transaction that wrote it."""

    __tablename__ = "outbox_event"
    __table_args__ = (Index("ix_outbox_event_xid_id", "xid", "id"),)

    id: Mapped[int] = identity_key()
    at: Mapped[datetime] = mapped_column(UTC)
    topic: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    xid: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue(), deferred=True)


class OutboxReader(Model):
    """How far one reader has come."""

    __tablename__ = "outbox_reader"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    last_xid: Mapped[int] = mapped_column(BigInteger)
    last_id: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True)
class Event:
    """An event as a reader sees it."""

    id: int
    xid: int
    at: datetime
    topic: str
    payload: dict[str, Any]


def emit(topic: str, payload: Mapping[str, Any], *, now: datetime) -> None:
    """Write an event in the open transaction."""
    require_transaction().add(OutboxEvent(at=now, topic=topic, payload=dict(payload)))


def take(reader: str, *, limit: int = 100) -> list[Event]:
    """The next events of a reader, in the transaction that will call :func:`advance`; locks the reader's position."""
    current = require_transaction()
    current.execute(
        text("INSERT INTO outbox_reader (name, last_xid, last_id) VALUES (:name, 0, 0) ON CONFLICT (name) DO NOTHING"),
        {"name": reader},
    )
    position = current.execute(
        text("SELECT last_xid, last_id FROM outbox_reader WHERE name = :name FOR UPDATE"), {"name": reader}
    ).one()
    require_continued_numbers(position.last_xid)
    rows = current.execute(
        text(
            "SELECT id, xid, at, topic, payload FROM outbox_event"
            " WHERE (xid, id) > (:last_xid, :last_id)"
            f" AND xid < {HORIZON}"
            " ORDER BY xid, id LIMIT :limit"
        ),
        {"last_xid": position.last_xid, "last_id": position.last_id, "limit": limit},
    )
    return [Event(row.id, row.xid, row.at, row.topic, row.payload) for row in rows]


def advance(reader: str, event: Event) -> None:
    """Remember that ``event`` is done."""
    require_transaction().execute(
        text("UPDATE outbox_reader SET last_xid = :xid, last_id = :id WHERE name = :name"),
        {"xid": event.xid, "id": event.id, "name": reader},
    )
