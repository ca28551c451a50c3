"""Comparing the index with the table, and how it stands."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from tantivy import FieldType, Order, Query

from core import index_folder, outbox
from core.db import session
from instruments.models import Instrument
from instruments.queries.searching.layout import IN_ORDER, OF_THESE, mark, schema
from instruments.queries.searching.reading import IndexUnusable, Opened, opened
from instruments.states import ListingState

AT_ONCE = 20_000
DOUBLED = -1
"""Stands for the digest of an instrument with more than one document; no digest is negative."""
CATCH_UP_SECONDS = 10.0
"""How long the feed may take to bring what differs, before it counts as a difference."""
LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Comparison:
    """Numbers of instruments by how the two differ; ``unusable`` says why there is no index to compare."""

    documents: int = 0
    rows: int = 0
    missing: Sequence[int] = ()
    left_over: Sequence[int] = ()
    different: Sequence[int] = ()
    unusable: str | None = None

    @property
    def faults(self) -> int:
        return len(self.missing) + len(self.left_over) + len(self.different)


def compare() -> Comparison:
    """Compare every document with its row, by the digest of what is indexed. What differs is looked at again for a
    while, as edits go on and are on their way."""
    try:
        present = opened()
    except IndexUnusable as unusable:
        return Comparison(unusable=unusable.why)
    suspects, documents, rows = _differing(present)
    until = time.monotonic() + CATCH_UP_SECONDS
    while suspects and time.monotonic() < until:
        session().rollback()
        time.sleep(LOOK_SECONDS)
        try:
            suspects = _still_differing(suspects, opened())
        except IndexUnusable as unusable:
            return Comparison(unusable=unusable.why)
        if not suspects or not outbox.waiting(present.generation.reader).seconds:
            break
    return Comparison(
        documents,
        rows,
        missing=sorted(number for number, (row, document) in suspects.items() if document is None and row is not None),
        left_over=sorted(number for number, (row, document) in suspects.items() if row is None),
        different=sorted(number for number, pair in suspects.items() if None not in pair),
    )


def status() -> dict[str, Any]:
    """Which index is in force, with how many documents, and how far behind it is."""
    generation = index_folder.present()
    try:
        present = opened()
        state, documents = "in use", present.searcher.num_docs
    except IndexUnusable as unusable:
        state, documents = unusable.why, None
    waiting = None if generation is None else outbox.waiting(generation.reader)
    return {
        "state": state,
        "generation": None if generation is None else generation.name,
        "built_at": None if generation is None else generation.built_at.isoformat(),
        "reader": None if generation is None else generation.reader,
        "documents": documents,
        "published": published_count(),
        "behind_seconds": None if waiting is None or not waiting.known else round(waiting.seconds or 0.0, 1),
        "folder": str(index_folder.folder()),
    }


def published_count() -> int:
    """How many instruments are published."""
    found = select(func.count()).select_from(Instrument).where(Instrument.state == ListingState.PUBLISHED)
    return session().scalar(found) or 0


_Marks = dict[int, tuple[int | None, int | None]]
"""By number the digest of the row and that of the document; None where there is none."""


def _differing(present: Opened) -> tuple[_Marks, int, int]:
    found: _Marks = {}
    rows = documents = 0
    after = 0
    for marks in _rows_in_order():
        last = max(marks) if len(marks) == AT_ONCE else None
        indexed = _documents(present, after, last)
        rows, documents = rows + len(marks), documents + len(indexed)
        for number in marks.keys() | indexed.keys():
            if marks.get(number) != indexed.get(number):
                found[number] = (marks.get(number), indexed.get(number))
        after = last or 0
    return found, documents, rows


def _rows_in_order() -> Iterator[dict[int, int]]:
    """Digests of all rows by number, in portions; the last one is not full, and may be empty."""
    after = 0
    while True:
        marks = {row[0]: mark(row) for row in session().execute(IN_ORDER, {"after": after, "many": AT_ONCE})}
        session().rollback()
        yield marks
        if len(marks) < AT_ONCE:
            return
        after = max(marks)


def _documents(present: Opened, after: int, last: int | None) -> dict[int, int]:
    """Digests of the documents with numbers behind ``after`` and up to ``last``."""
    found: dict[int, int] = {}
    while True:
        wanted = Query.range_query(schema(), "id", FieldType.Integer, after, last, include_lower=False)
        hits = present.searcher.search(wanted, limit=AT_ONCE, count=False, order_by_field="id", order=Order.Asc).hits
        marks = present.searcher.fast_field_values("mark", [address for _, address in hits])
        for (number, _), each in zip(hits, marks, strict=True):
            found[int(number)] = DOUBLED if int(number) in found else int(each or 0)
        if len(hits) < AT_ONCE:
            return found
        after = int(hits[-1][0])


def _still_differing(suspects: _Marks, present: Opened) -> _Marks:
    rows = {row[0]: mark(row) for row in session().execute(OF_THESE, {"ids": list(suspects)})}
    indexed: dict[int, int] = {}
    for number in suspects:
        indexed |= _documents(present, number - 1, number)
    return {
        number: (rows.get(number), indexed.get(number))
        for number in suspects
        if rows.get(number) != indexed.get(number)
    }
