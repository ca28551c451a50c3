"""The index as this process reads it: opened once, looked at again before each search, never written."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import structlog
from tantivy import Index, Searcher

from core import index_folder, outbox
from core.index_folder import META, Generation
from core.outbox import Waiting
from instruments.queries.searching.layout import LAYOUT, schema

log = structlog.get_logger()
Answer = TypeVar("Answer")

BEHIND_SECONDS = 5.0
"""An index whose next event has waited longer than this is not asked."""


class IndexUnusable(Exception):
    """The index cannot answer; ``why`` is a word of the interface: missing, broken, behind."""

    def __init__(self, why: str, behind_seconds: float | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.behind_seconds = behind_seconds


@dataclass(frozen=True, slots=True)
class Opened:
    """The index of one moment; ``moment`` differs whenever its content may."""

    generation: Generation
    index: Index
    searcher: Searcher
    moment: tuple[Any, ...]


class _Reader:
    """What one folder holds, for all threads of the process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.stamp: tuple[int, int] | None = None
        self.generation: Generation | None = None
        self.index: Index | None = None
        self.committed: tuple[int, int] | None = None
        self.searcher: Searcher | None = None

    def look(self) -> tuple[Generation, Index, Searcher, tuple[Any, ...]]:
        with self.lock:
            self._open_present()
            if self.generation is None or self.index is None:
                raise IndexUnusable("missing")
            if self.generation.is_broken:
                raise IndexUnusable("broken")
            committed = _changed(self.generation.path / META)
            if committed != self.committed or self.searcher is None:
                self.index.reload()
                self.searcher, self.committed = self.index.searcher(), committed
            return self.generation, self.index, self.searcher, (self.generation.name, self.committed)

    def _open_present(self) -> None:
        stamp = index_folder.stamp()
        if stamp == self.stamp and self.index is not None:
            return
        found = index_folder.present() if stamp is not None else None
        if found is not None and found.layout != LAYOUT:
            found = None
        self.generation, self.index, self.searcher, self.committed = found, None, None, None
        if found is not None:
            self.index = Index(schema(), str(found.path), reuse=True) if found.is_whole else None
            if self.index is not None:
                self.index.config_reader("manual")
        self.stamp = stamp


_readers: dict[Path, _Reader] = {}
_making = threading.Lock()


def looked() -> Opened:
    """The index as it is now; whether it may be asked, :func:`behind` judges. Raises :class:`IndexUnusable` where it is
    missing or unreadable."""
    root = index_folder.folder()
    with _making:
        reader = _readers.setdefault(root, _Reader())
    try:
        return Opened(*reader.look())
    except (OSError, ValueError) as unreadable:
        report_broken(unreadable)
        raise IndexUnusable("broken") from unreadable


def behind(waiting: Waiting) -> float:
    """For how many seconds the next event of an index has waited; raises :class:`IndexUnusable` where that is too long,
    or where the database knows no such index."""
    if not waiting.known:
        raise IndexUnusable("missing")
    seconds = waiting.seconds or 0.0
    if seconds > BEHIND_SECONDS:
        raise IndexUnusable("behind", seconds)
    return seconds


def opened() -> Opened:
    """The index as it is now. Raises :class:`IndexUnusable` where it is missing, unreadable or too far behind."""
    present = looked()
    behind(outbox.waiting(present.generation.reader))
    return present


def by_index(ask: Callable[[Opened], Answer]) -> Answer:
    """What the index answers; whoever asks judges how far :func:`behind` it is, together with what else he asks the
    database. Raises :class:`IndexUnusable`; an index that cannot be read is reported."""
    present = looked()
    try:
        return ask(present)
    except (ValueError, OSError) as unreadable:
        report_broken(unreadable)
        raise IndexUnusable("broken") from unreadable


def standing() -> dict[str, Any]:
    """What would answer a search now, and why it is not the index where it is not."""
    try:
        seconds = behind(outbox.waiting(looked().generation.reader))
    except IndexUnusable as unusable:
        return {"source": "database", "fallback": unusable.why, "behind_seconds": unusable.behind_seconds}
    return {"source": "index", "fallback": None, "behind_seconds": seconds}


def report_broken(failure: BaseException) -> None:
    """Note that the present index cannot be read: it is not asked again, and whoever keeps it builds it anew."""
    log.error("search_index_unreadable", error=f"{type(failure).__name__}: {failure}")
    found = index_folder.present()
    if found is not None:
        found.mark_broken()


def _changed(path: Path) -> tuple[int, int] | None:
    try:
        seen = path.stat()
    except OSError as gone:
        raise IndexUnusable("missing") from gone
    return seen.st_mtime_ns, seen.st_ino
