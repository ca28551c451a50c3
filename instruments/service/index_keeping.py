"""Keeping this machine's index without end: built where there is none, fed as soon as something changes."""

from __future__ import annotations

import threading
from datetime import timedelta

import structlog

from core import clock, index_folder, outbox
from core.db import session
from core.index_folder import Generation, IndexBusy
from instruments.queries.searching.layout import LAYOUT
from instruments.service.indexing import Keeper, build_index

log = structlog.get_logger()

POLL_SECONDS = 0.1
"""How often changes are looked for: with commit and reading anew an edit is found well within a second."""
STAND_BY_SECONDS = 5.0
"""How long is waited while another process of this machine keeps the index."""
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
REBUILT_AT_MOST_EVERY = timedelta(minutes=1)


class KeepingStopped(Exception):
    """The process is asked to stop; not an error."""


def keep_index(stopping: threading.Event) -> None:
    """Keep the index until ``stopping`` is set. Whatever fails is tried again, at growing distances."""
    pause = FIRST_PAUSE_SECONDS
    while not stopping.is_set():
        try:
            with index_folder.alone("keep", wait=False):
                _keep(stopping)
        except KeepingStopped:
            return
        except IndexBusy:
            stopping.wait(STAND_BY_SECONDS)
        except Exception:
            log.exception("search_index_not_kept")
            session().rollback()
            stopping.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def _keep(stopping: threading.Event) -> None:
    while not stopping.is_set():
        generation = _usable(stopping)
        keeper = Keeper(generation)
        try:
            _feed(keeper, stopping)
        finally:
            keeper.close()


def _feed(keeper: Keeper, stopping: threading.Event) -> None:
    """Take in changes until another index is in force, this one is unusable, or the end."""
    seen = index_folder.stamp()
    while not stopping.is_set() and index_folder.stamp() == seen and not keeper.generation.is_broken:
        waiting = outbox.waiting(keeper.generation.reader)
        session().rollback()
        if not waiting.known or not keeper.is_whole:
            return
        if waiting.seconds is None or not keeper.take_in():
            stopping.wait(POLL_SECONDS)


def _usable(stopping: threading.Event) -> Generation:
    """The present index, built anew where it is missing, unreadable, of another layout or unknown to the database."""
    found = index_folder.present()
    if found is not None and found.layout == LAYOUT and not found.is_broken and found.is_whole:
        known = outbox.waiting(found.reader).known
        session().rollback()
        if known:
            return found
    if found is not None and found.is_broken:
        _rest(found, stopping)

    def heed(done: int) -> None:
        if stopping.is_set():
            raise KeepingStopped

    made, _ = build_index(now=clock.now(), heed=heed)
    return made


def _rest(broken: Generation, stopping: threading.Event) -> None:
    """Wait where an index broke soon after it was built, so that a lasting fault does not keep the machine busy."""
    left = (broken.built_at + REBUILT_AT_MOST_EVERY - clock.now()).total_seconds()
    if left > 0 and stopping.wait(left):
        raise KeepingStopped
