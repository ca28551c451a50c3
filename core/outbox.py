"""Events that must travel upward: written with the change, delivered afterwards, at least once and in order.

Readers keep positions of their own and go by ``xid < pg_snapshot_xmin`` (core/numbers.py), so a transaction that
commits late is not skipped, which reading by id would do. A reader to whom order means nothing need not wait for the
longest transaction: what it did :func:`take_ahead` of that is noted beside its position.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Double, FetchedValue, Index, Text, select, text
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model, ask, require_transaction
from core.numbers import HORIZON, require_continued_numbers
from core.statements import Statement
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
    ahead: Mapped[Any] = mapped_column(INT8MULTIRANGE, server_default=FetchedValue(), deferred=True)
    """Numbers of events behind the position that are done already."""


@dataclass(frozen=True)
class Event:
    """An event as a reader sees it."""

    id: int
    xid: int
    at: datetime
    topic: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Whether a reader exists, and for how many ``seconds`` its next event has waited; None where none waits."""

    known: bool
    seconds: float | None


LAST_ID = 2**63 - 1
_NEXT_WAITING = text(
    """
    SELECT reader.name IS NOT NULL AS known,
           CAST(extract(epoch FROM clock_timestamp() - event.at) AS double precision) AS seconds
      FROM (SELECT CAST(:outbox_reader AS text) AS wanted) asked
      LEFT JOIN outbox_reader reader ON reader.name = asked.wanted
      LEFT JOIN LATERAL (
           SELECT at FROM outbox_event
            WHERE (xid, id) > (reader.last_xid, reader.last_id) AND NOT id <@ reader.ahead
            ORDER BY xid, id LIMIT 1) event ON true
    """
).columns(known=Boolean, seconds=Double)
WAITING = select(_NEXT_WAITING.subquery("next_waiting"))
"""What :func:`waiting` asks for ``outbox_reader``, to be asked together with something else (core/gathering.py)."""
_WAITING = Statement(WAITING)


_POSITION = text("SELECT last_xid, last_id FROM outbox_reader WHERE name = :name FOR UPDATE")
_COMMITTED = text(
    """
    SELECT event.id, event.xid, event.at, event.topic, event.payload FROM outbox_reader reader
      JOIN outbox_event event ON (event.xid, event.id) > (reader.last_xid, reader.last_id)
     WHERE reader.name = :name AND NOT event.id <@ reader.ahead ORDER BY event.xid, event.id LIMIT :limit
    """
)
_DONE = text(
    """
    UPDATE outbox_reader SET last_xid = :last_xid, last_id = :last_id, ahead = coalesce((
           SELECT range_agg(int8range(id, id, '[]')) FROM outbox_event
            WHERE (xid, id) > (:last_xid, :last_id) AND id <@ (ahead + CAST(:done AS int8multirange))), '{}')
     WHERE name = :name
    """
)


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


@dataclass(frozen=True, slots=True)
class Taken:
    """Events taken ahead of order; ``position`` is up to where nothing is left that may still come."""

    events: list[Event]
    position: tuple[int, int]


def take_ahead(reader: str, *, limit: int) -> Taken:
    """The next events of a reader to whom their order means nothing: all that are committed, although an earlier
    transaction may still be open. In the transaction that will call :func:`done_ahead`; locks the reader's position."""
    current = require_transaction()
    at = current.execute(_POSITION, {"name": reader}).one()
    require_continued_numbers(at.last_xid)
    # Asked first: whatever is below has ended by now, so that the next statement sees it.
    horizon = int(current.scalar(text(f"SELECT {HORIZON}")) or 0)
    rows = current.execute(_COMMITTED, {"name": reader, "limit": limit}).all()
    events = [Event(row.id, row.xid, row.at, row.topic, row.payload) for row in rows]
    over = [(each.xid, each.id) for each in events if each.xid < horizon]
    position = over[-1] if over else (at.last_xid, at.last_id)
    if len(events) < limit:
        position = max(position, (horizon - 1, LAST_ID))
    return Taken(events, position)


def done_ahead(reader: str, taken: Taken) -> None:
    """Remember that what was taken is done."""
    done = ",".join(f"[{each.id},{each.id}]" for each in taken.events)
    last_xid, last_id = taken.position
    require_transaction().execute(
        _DONE, {"name": reader, "last_xid": last_xid, "last_id": last_id, "done": f"{{{done}}}"}
    )


def start_here(reader: str) -> None:
    """Have a new reader begin with what is not yet over: whatever ended before is seen by any statement that follows.

    Needs a transaction; read what the events tell of once it is committed.
    """
    require_transaction().execute(
        text(
            "INSERT INTO outbox_reader (name, last_xid, last_id)"
            f" VALUES (:name, {HORIZON} - 1, {LAST_ID}) ON CONFLICT (name) DO NOTHING"
        ),
        {"name": reader},
    )


def waiting(reader: str) -> Waiting:
    """How far a reader is behind what is committed; the database's own clock judges."""
    (found,) = ask(_WAITING, {"outbox_reader": reader})
    return waiting_of(found)


def waiting_of(row: Any) -> Waiting:
    """What the row of :data:`WAITING` says."""
    return Waiting(known=row.known, seconds=None if row.seconds is None else max(0.0, float(row.seconds)))


def advance(reader: str, event: Event) -> None:
    """Remember that ``event`` is done."""
    require_transaction().execute(
        text("UPDATE outbox_reader SET last_xid = :xid, last_id = :id WHERE name = :name"),
        {"xid": event.xid, "id": event.id, "name": reader},
    )
