"""Keeping the search index: built from the table, fed from the outbox, compared with the table.

Each machine keeps its own copy in a folder of its own with a reader of its own, so one process of it writes and all
others read (ADR 0202). What an event tells of is read anew from the table, so doing it twice changes nothing: the index
commits first, then the reader moves on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path

import structlog
from sqlalchemy import delete
from tantivy import Index, IndexWriter

from core import index_folder, outbox
from core.db import db, session, transaction
from core.failpoints import failpoint
from core.index_folder import Generation
from core.outbox import Event
from instruments.queries.searching.layout import ALL, LAYOUT, OF_THESE, document, schema

log = structlog.get_logger()

TOPIC = "catalogue.changed"
"""Events of the trigger of migration 0059: ``instruments`` names ranges of numbers, as PostgreSQL writes them."""
EVENTS_AT_ONCE = 500
ROWS_AT_ONCE = 2_000
BUILD_HEAP_BYTES = 256 * 1024 * 1024
KEEP_HEAP_BYTES = 32 * 1024 * 1024
_RANGE = re.compile(r"\[(\d+),(\d+)\)")


def build_index(*, now: datetime, heed: Callable[[int], None] | None = None) -> tuple[Generation, int]:
    """Build the index of this machine from the table and put it in force; returns it and how many documents it holds.

    Edits go on meanwhile: its reader begins before the table is read, and what they tell of is taken in before the new
    index takes the place of the old one. ``heed(done)`` is called after every portion and may raise.
    """
    with index_folder.alone("build", wait=True):
        made = index_folder.begin(layout=LAYOUT, now=now)
        try:
            with transaction():
                outbox.start_here(made.reader)
            count = _fill(made, heed)
            keeper = Keeper(made)
            while keeper.take_in() == EVENTS_AT_ONCE:
                pass
            keeper.close()
            failpoint("instruments.index.filled")
        except BaseException:
            session().rollback()
            _discard(made.path)
            raise
        index_folder.put_in_force(made)
        failpoint("instruments.index.in_force")
        for path in index_folder.others(made):
            _discard(path)
    log.info("search_index_built", generation=made.name, documents=count)
    return made, count


class Keeper:
    """Writes one generation: one at a time, as the engine holds a lock of its own."""

    def __init__(self, generation: Generation) -> None:
        self.generation = generation
        self.index = Index(schema(), str(generation.path), reuse=True)
        self.writer: IndexWriter = self.index.writer(KEEP_HEAP_BYTES, 1)

    @property
    def is_whole(self) -> bool:
        """Whether its folder is still there."""
        return self.generation.is_whole

    def take_in(self) -> int:
        """Take in what the next events tell of and move the reader on; returns how many events were done."""
        with transaction():
            taken = outbox.take_ahead(self.generation.reader, limit=EVENTS_AT_ONCE)
            if taken.events:
                self.write(taken.events)
                outbox.done_ahead(self.generation.reader, taken)
        return len(taken.events)

    def close(self) -> None:
        """End merges and give the engine's lock back."""
        self.writer.wait_merging_threads()

    def write(self, events: Sequence[Event]) -> None:
        """Index what events tell of as the table has it now, and commit the index."""
        changed = dict.fromkeys(number for event in events if event.topic == TOPIC for number in numbers(event))
        if not changed:
            return
        for some in _portions(changed):
            for number in some:
                self.writer.delete_documents_by_term("id", number)
            for row in session().execute(OF_THESE, {"ids": some}):
                self.writer.add_document(document(row))
        failpoint("instruments.index.written")
        self.writer.commit()
        failpoint("instruments.index.committed")


def numbers(event: Event) -> Iterator[int]:
    """The numbers of the instruments an event tells of."""
    for low, high in _RANGE.findall(event.payload["instruments"]):
        yield from range(int(low), int(high))


def _portions(found: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(found)
    while some := list(islice(rest, ROWS_AT_ONCE)):
        yield some


def _fill(made: Generation, heed: Callable[[int], None] | None) -> int:
    """Write every published row: read in portions past the mapping, in one snapshot."""
    writer = Index(schema(), str(made.path), reuse=True).writer(BUILD_HEAP_BYTES, 1)
    done = 0
    with db.engine.connect().execution_options(stream_results=True, yield_per=ROWS_AT_ONCE) as connection:
        for portion in connection.execute(ALL).partitions():
            for row in portion:
                writer.add_document(document(row))
            done += len(portion)
            if heed is not None:
                heed(done)
    writer.commit()
    writer.wait_merging_threads()
    return done


def _discard(path: Path) -> None:
    """Remove a build with its reader, which bears its name."""
    with transaction() as current:
        its_reader = outbox.OutboxReader.name.endswith(f"/{path.name}", autoescape=True)
        current.execute(delete(outbox.OutboxReader).where(its_reader))
    index_folder.remove(path)
