"""What changed in the catalogue, in the order in which it was committed, for systems that keep a copy.

Read by the numbers of transactions (core/numbers.py): whatever commits late comes late, and nothing is passed over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, or_, select, tuple_
from sqlalchemy.orm import contains_eager

from accounts.models import Organisation
from core.db import session
from core.errors import Malformed
from core.numbers import HORIZON, UPCOMING
from core.permissions import Actor
from instruments.models import Instrument
from instruments.queries.instruments import in_scope, visible
from instruments.states import ListingState

_CURSOR = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")


class ChangeCursorUnknown(Malformed):
    """The cursor is none that the feed gave, or the service was restored since: begin again."""

    code = "cursor_unknown"


@dataclass(frozen=True)
class Position:
    """After which change to go on."""

    xid: int
    id: int

    def __str__(self) -> str:
        return f"{self.xid}-{self.id}"


def changes(*, actor: Actor, cursor: str | None, since: datetime | None, limit: int) -> dict[str, Any]:
    """``{items, next_cursor, more}``: each instrument once, at its latest change, the earliest first.

    Everybody follows what is, or ever was, public; owners and authorities also what they may look into. One that the
    actor may not see any longer is told without its content, so that a copy drops it. ``since`` begins at the first
    change at or after it where there is no ``cursor``; the cursor at the end is the one to go on with later.
    """
    start = _read(cursor) if cursor is not None else _start(since)
    shown = or_(visible(actor), in_scope(actor))
    found = (
        select(Instrument, Instrument.changed_xid, shown.label("shown"))
        .join(Organisation, Organisation.id == Instrument.provider_id)
        .options(contains_eager(Instrument.provider))
        .where(
            or_(Instrument.published_at.is_not(None), shown),
            tuple_(Instrument.changed_xid, Instrument.id) > (start.xid, start.id),
            Instrument.changed_xid < literal_column(f"({HORIZON})"),
        )
        .order_by(Instrument.changed_xid, Instrument.id)
        .limit(limit + 1)
    )
    rows = session().execute(found).all()
    last = Position(rows[:limit][-1].changed_xid, rows[:limit][-1].Instrument.id) if rows else start
    return {
        "items": [_item(row.Instrument, is_shown=row.shown) for row in rows[:limit]],
        "next_cursor": str(last),
        "more": len(rows) > limit,
    }


def _item(instrument: Instrument, *, is_shown: bool) -> dict[str, Any]:
    return {
        "id": instrument.id,
        "provider_id": instrument.provider_id,
        "external_id": instrument.external_id,
        "updated_at": instrument.updated_at,
        "public": instrument.state is ListingState.PUBLISHED,
        "version": instrument.version if is_shown else None,
        "instrument": instrument if is_shown else None,
    }


def _start(since: datetime | None) -> Position:
    """Before the first change at or after ``since``; before everything where nothing is asked, and after everything
    that is committed where nothing has changed."""
    if since is None:
        return Position(0, 0)
    first = select(func.min(Instrument.changed_xid)).where(Instrument.updated_at >= since).scalar_subquery()
    horizon: ColumnElement[int] = literal_column(f"({HORIZON})")
    return Position(session().scalars(select(func.coalesce(first, horizon))).one(), 0)


def _read(cursor: str) -> Position:
    """The position in a cursor; one ahead of the server's count, as after a restore, is refused like a foreign one."""
    told = _CURSOR.fullmatch(cursor)
    if told is None:
        raise ChangeCursorUnknown
    position = Position(int(told[1]), int(told[2]))
    upcoming: ColumnElement[int] = literal_column(UPCOMING)
    if position.xid > session().scalars(select(upcoming)).one():
        raise ChangeCursorUnknown
    return position
