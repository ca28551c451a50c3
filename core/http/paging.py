"""Keyset paging: a cursor is the last key seen, so that nothing is lost or repeated while rows come and go."""

from __future__ import annotations

import base64
import binascii
import zlib
from functools import cache
from typing import Any

from marshmallow import Schema as MarshmallowSchema
from marshmallow import fields
from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import InstrumentedAttribute

from core.db import session
from core.errors import Malformed
from core.http.schemas import MAX_ID, CountField, Schema, TextField

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


class CursorUnknown(Malformed):
    """The cursor is none that this service gave."""

    code = "cursor_unknown"


class CursorSchema(Schema):
    """Where a page begins and how long it is."""

    cursor = TextField(max_length=200, metadata={"description": "next_cursor of the page before."})
    limit = CountField(
        minimum=1,
        maximum=MAX_LIMIT,
        load_default=DEFAULT_LIMIT,
        metadata={"description": f"Items on a page, 1 to {MAX_LIMIT}."},
    )


def page_of(
    query: Select[Any],
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    key: InstrumentedAttribute[int] | ColumnElement[int],
    descending: bool = False,
    scalars: bool = True,
) -> dict[str, Any]:
    """One page of ``query`` in the order of ``key``, a unique whole-number column: ``{items, next_cursor}``.

    Items are records, or rows of columns, ``key`` among them, where not ``scalars``.
    """
    table = getattr(key, "table", None)
    order = f"{getattr(table, 'name', '')}.{key.key}{'-' if descending else '+'}"
    if cursor is not None:
        last = read_cursor(cursor, order=order)
        query = query.where(key < last if descending else key > last)
    ordered = query.order_by(key.desc() if descending else key.asc()).limit(limit + 1)
    found = session().execute(ordered)
    items: list[Any] = list(found.scalars().unique()) if scalars else list(found)
    more = len(items) > limit
    items = items[:limit]
    name = getattr(key, "key", "id")
    return {"items": items, "next_cursor": write_cursor(getattr(items[-1], name), order=order) if more else None}


def write_cursor(last: int, *, order: str) -> str:
    """The cursor after a row with this key, in the list with this order."""
    return base64.urlsafe_b64encode(f"{_mark(order)}{last}".encode()).decode().rstrip("=")


def read_cursor(cursor: str, *, order: str) -> int:
    """The key in a cursor; raises :class:`CursorUnknown`, also for one of another list."""
    try:
        found = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        last = int(found.removeprefix(_mark(order)))
    except (ValueError, binascii.Error) as unknown:
        raise CursorUnknown from unknown
    if abs(last) > MAX_ID or write_cursor(last, order=order) != cursor:
        raise CursorUnknown
    return last


def _mark(order: str) -> str:
    """Tells the cursors of different lists apart."""
    return f"{zlib.crc32(order.encode()):08x}:"


@cache
def page_schema(item: type[MarshmallowSchema]) -> type[MarshmallowSchema]:
    """The schema of a page of ``item``."""
    name = item.__name__.removesuffix("Schema")
    return type(
        f"{name}PageSchema",
        (Schema,),
        {
            "__doc__": f"A page of {name}.",
            "items": fields.List(
                fields.Nested(item), required=True, metadata={"description": "The items of this page."}
            ),
            "next_cursor": TextField(
                required=True,
                allow_none=True,
                metadata={"description": "Give it as cursor to get the next page; null at the end."},
            ),
        },
    )
