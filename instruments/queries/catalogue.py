"""Search: filters, ranking, exact totals and facets, keyset paging. :func:`search` is the port.

An index beside the database answers what is asked of published instruments; the database answers everything else, and
everything while the index is missing, broken or behind. Which of them did is told with the result (ADR 0202, 0204).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from prometheus_client import Counter
from sqlalchemy import Select, select

from accounts.permissions import Role
from core.clock import today
from core.permissions import Actor
from instruments.models import Instrument
from instruments.policy import places
from instruments.queries.searching import database, index, windows
from instruments.queries.searching.asked import FACETS, Search, SearchRefused, Sort, check
from instruments.queries.searching.conditions import conditions
from instruments.queries.searching.cursors import Key, SearchCursorUnknown, read_cursor, write_cursor
from instruments.queries.searching.freedom import Calendars
from instruments.queries.searching.hits import hits
from instruments.queries.searching.labels import Counted, Names, labelled, names_of, shown, to_name
from instruments.queries.searching.reading import IndexUnusable, Opened, behind, by_index
from instruments.states import ListingState

__all__ = ["FACETS", "Search", "SearchCursorUnknown", "SearchRefused", "Sort", "matching", "search"]

INDEX, DATABASE = "index", "database"
ANSWERED = Counter("catalogue_searches", "Searches of the catalogue by what answered and why.", ["source", "why"])


@dataclass(frozen=True)
class _Answer:
    """A page and what was counted; ``why`` the database answered although the index should have."""

    items: Sequence[Any]
    last: Sequence[Key] | None
    total: int
    facets: Mapping[str, Counted]
    names: Names
    source: str
    why: str | None = None
    behind_seconds: float | None = None
    total_is_estimate: bool = field(default=False)


def search(wanted: Search, *, cursor: str | None, limit: int, actor: Actor, now: datetime) -> dict[str, Any]:
    """``items``, ``next_cursor``, the exact ``total`` and ``facets`` that follow the filters; of a free time beyond ten
    thousand matches both are estimates, and ``total_is_estimate`` says so. ``source`` says what answered (``index`` or
    ``database``), ``fallback`` why it was not the index where it should have been (missing, broken, behind),
    ``behind_seconds`` how long the index's next change has waited.

    Raises :class:`SearchRefused` for reversed or too long windows and ranges, :class:`SearchCursorUnknown`.
    """
    check(wanted)
    after = None if cursor is None else read_cursor(cursor, wanted)
    city = "" if wanted.near is None else places(today(now)).codes.get(wanted.near, "")
    answer = _answered(wanted, after=after, limit=limit, city=city, actor=actor)
    ANSWERED.labels(answer.source, answer.why or "").inc()
    return {
        "items": answer.items,
        "next_cursor": None if answer.last is None else write_cursor(answer.last),
        "total": answer.total,
        "facets": labelled(answer.facets, answer.names, today(now)),
        "source": answer.source,
        "fallback": answer.why,
        "behind_seconds": None if answer.behind_seconds is None else round(answer.behind_seconds, 1),
        "total_is_estimate": answer.total_is_estimate,
    }


def matching(wanted: Search, *, actor: Actor) -> Select[tuple[Instrument]]:
    """All that a search finds, in no order: for a file of everything. Raises :class:`SearchRefused`."""
    check(wanted)
    return select(Instrument).where(*conditions(wanted, actor))


def _answered(wanted: Search, *, after: list[Key] | None, limit: int, city: str, actor: Actor) -> _Answer:
    if not _is_for_index(wanted, actor):
        return _from_database(wanted, after=after, limit=limit, city=city, actor=actor)
    try:
        return by_index(partial(_from_index, wanted=wanted, after=after, limit=limit, city=city))
    except IndexUnusable as unusable:
        why = (unusable.why, unusable.behind_seconds)
    return _from_database(wanted, after=after, limit=limit, city=city, actor=actor, why=why)


def _is_for_index(wanted: Search, actor: Actor) -> bool:
    """The index holds published instruments."""
    return wanted.state is ListingState.PUBLISHED or (wanted.state is None and actor.role != Role.PROVIDER)


def _from_index(present: Opened, *, wanted: Search, after: list[Key] | None, limit: int, city: str) -> _Answer:
    if wanted.free_from is not None and wanted.free_to is not None:
        judge = Calendars(wanted.free_from, wanted.free_to)
        free = windows.free(present, wanted, after=after, limit=limit, city=city, judge=judge)
        found, total, facets, is_estimate = free.found, free.total, free.facets, free.is_estimate
    else:
        found = index.page(present, wanted, after=after, limit=limit, city=city)
        total, facets = index.counts(present, wanted)
        is_estimate = False
    top = shown(facets)
    providers, classes = to_name(top)
    read = hits(found.ids, providers=providers, classes=classes, reader=present.generation.reader)
    return _Answer(
        read.items,
        found.end,
        total,
        top,
        read.names,
        INDEX,
        behind_seconds=behind(read.waiting),
        total_is_estimate=is_estimate,
    )


def _from_database(
    wanted: Search,
    *,
    after: list[Key] | None,
    limit: int,
    city: str,
    actor: Actor,
    why: tuple[str, float | None] | None = None,
) -> _Answer:
    those = conditions(wanted, actor)
    total, facets = database.counts(wanted, those)
    page = database.page(wanted, those, after=after, limit=limit, city=city) if total else database.NOTHING
    reason, seconds = why or (None, None)
    top = shown(facets)
    last = page.last if page.more else None
    return _Answer(page.items, last, total, top, names_of(top), DATABASE, reason, seconds)
