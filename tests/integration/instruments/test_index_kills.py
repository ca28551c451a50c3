"""Whoever writes the search index is killed at every step and at any moment, while people edit and search."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter

from flask import Flask

from core import index_folder, outbox
from core.db import session
from core.failpoints import FAILPOINTS
from instruments.queries.catalogue import Search
from instruments.queries.searching.reading import opened
from instruments.service.index_check import compare
from tests.databases import Database
from tests.support import generated
from tests.support.index_writer import writers
from tests.support.searching import ask, eventually

STEPS = [name for name in FAILPOINTS if name.startswith("instruments.index.")]
BUILDING = {"instruments.index.filled", "instruments.index.in_force"}
COMMITS = ["core.transaction.committing", "core.transaction.committed"]
AT_ANY_MOMENT = 3
PATIENCE_SECONDS = 60


def test_a_writer_killed_anywhere_neither_loses_nor_doubles_a_change(committed_app: Flask, database: Database) -> None:
    """Each next one goes on where the one before was killed; readers are always answered, by one engine or the other;
    at the end the index has one document for each published row, as it stands."""
    numbers, chance, done = generated.fill(120, seed=31), random.Random(32), threading.Event()
    answers: Counter[tuple[int, str]] = Counter()

    def edit() -> None:
        with committed_app.app_context():
            while not done.wait(0.02):
                generated.change(chance.choice(numbers), chance)

    def read() -> None:
        with committed_app.app_context():
            client = committed_app.test_client()
            while not done.wait(0.05):
                for path in ("instruments?q=质谱&limit=5", "instruments/suggestions?q=zp"):
                    answer = client.get(f"/api/v1/{path}")
                    answers[answer.status_code, str((answer.json or {}).get("source"))] += 1

    others = [threading.Thread(target=edit), threading.Thread(target=read)]
    with writers(database, index_folder.folder().parent) as started:
        for each in others:
            each.start()
        try:
            for place in ["instruments.index.filled", *STEPS, *COMMITS, *[""] * AT_ANY_MOMENT]:
                if place in BUILDING:
                    (index_folder.folder() / index_folder.PRESENT).unlink(missing_ok=True)
                process = started.start(place)
                if not place:
                    time.sleep(chance.uniform(0.05, 0.8))
                    os.kill(process, signal.SIGKILL)
                assert started.ended() == signal.SIGKILL, place
        finally:
            done.set()
            for each in others:
                each.join(PATIENCE_SECONDS)
        last = started.start()
        assert eventually(lambda: ask(Search())["source"] == "index" and nothing_waits(), within=PATIENCE_SECONDS)
        os.kill(last, signal.SIGKILL)
    assert {status for status, _ in answers} == {200}
    assert answers[200, "database"] > 0
    found = compare()
    assert (found.faults, found.unusable) == (0, None)
    assert opened().searcher.num_docs == found.documents == found.rows > 60


def nothing_waits() -> bool:
    found = index_folder.present()
    waiting = None if found is None else outbox.waiting(found.reader)
    session().rollback()
    return waiting is not None and waiting.known and waiting.seconds is None
