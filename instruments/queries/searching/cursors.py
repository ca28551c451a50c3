"""Where a page ended: the sort keys of its last instrument, the number last, as text for the next request.

Both engines write the same keys for the same order, so that a page begun by one is gone on with by the other.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence

from core.errors import Malformed
from instruments.queries.searching.asked import Search, Sort

MAX_ID = 2**63 - 1
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""What no text column holds: NUL and lone surrogates."""

Key = int | str


class SearchCursorUnknown(Malformed):
    """The cursor belongs to no such search."""

    code = "cursor_unknown"


def write_cursor(last: Sequence[Key]) -> str:
    """The keys as one word."""
    return base64.urlsafe_b64encode(json.dumps(list(last)).encode()).decode().rstrip("=")


def read_cursor(cursor: str, wanted: Search) -> list[Key]:
    """The keys of a cursor of this order. Raises :class:`SearchCursorUnknown`."""
    shape = key_shape(wanted)
    try:
        last = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError) as unknown:
        raise SearchCursorUnknown from unknown
    if not isinstance(last, list) or len(last) != len(shape):
        raise SearchCursorUnknown
    for value, kind in zip(last, shape, strict=True):
        if not (_is_name(value) if kind is str else _is_number(value)):
            raise SearchCursorUnknown
    return last


def key_shape(wanted: Search) -> tuple[type[Key], ...]:
    """The kinds of the sort keys of an order."""
    words = bool(wanted.q.strip())
    return {
        Sort.RELEVANCE: (int, int),
        Sort.NEWEST: (int,),
        Sort.NAME: (str, int),
        Sort.VALUE: (int, int),
        Sort.VALUE_DESCENDING: (int, int),
        Sort.NEAR: (int, int, int) if words else (int, int),
    }[wanted.order]


def _is_name(value: object) -> bool:
    return isinstance(value, str) and not UNSTORABLE.search(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_ID
