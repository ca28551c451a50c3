"""Searching by either engine, and keeping the index in a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask

from core import clock, index_folder
from core.db import session
from core.permissions import VISITOR
from instruments.queries.catalogue import Search, search
from instruments.service.index_keeping import keep_index


def ask(wanted: Search, *, cursor: str | None = None, limit: int = 20) -> dict[str, Any]:
    return search(wanted, cursor=cursor, limit=limit, actor=VISITOR, now=clock.now())


def by_index(wanted: Search, **more: Any) -> dict[str, Any]:
    found = ask(wanted, **more)
    assert (found["source"], found["fallback"]) == ("index", None)
    return found


@contextmanager
def index_aside() -> Iterator[None]:
    """The index out of the way while in the block."""
    place = index_folder.folder() / index_folder.PRESENT
    aside = place.rename(place.with_suffix(".aside"))
    try:
        yield
    finally:
        aside.rename(place)


def without_index(wanted: Search, **more: Any) -> dict[str, Any]:
    """What the database answers."""
    with index_aside():
        found = ask(wanted, **more)
    assert (found["source"], found["fallback"]) == ("database", "missing")
    return found


def pages(wanted: Search, by: Callable[..., dict[str, Any]], limit: int) -> list[int]:
    seen: list[int] = []
    cursor = None
    while True:
        found = by(wanted, cursor=cursor, limit=limit)
        seen += [each.id for each in found["items"]]
        cursor = found["next_cursor"]
        if cursor is None:
            return seen


def eventually(holds: Callable[[], bool], *, within: float) -> bool:
    """Whether something comes to hold."""
    until = time.monotonic() + within
    while not holds():
        session().rollback()
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def keep(app: Flask, stopping: threading.Event) -> threading.Thread:
    def run() -> None:
        with app.app_context():
            keep_index(stopping)

    thread = threading.Thread(target=run)
    thread.start()
    return thread
