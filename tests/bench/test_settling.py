"""Preparing and sealing a batch beside the raw one-statement form, on copies of the same data in the same run.

``make bench`` runs and prints it. The server keeps its durable settings; the two take turns, the best of each counts.
They are compared by the time of the processor, that of their process of the server and their own: what else the machine
does counts for less. The time by the clock is printed with it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from core import clock
from core.db import db
from core.permissions import Actor
from core.postgres import EmbeddedServer
from marketplace.app import create_app
from settlement.service import batches
from settlement.steps.batch_statements import MEMORY
from tests.bench.processor import Spent, Watch
from tests.bench.settling_data import RAW, make_claims
from tests.bench.sizes import LARGE, ROUNDS, SMALL
from tests.databases import Database, Server
from tests.factories.settlement import AFTER, CUTOFF, make_fund

RATIO = 1.25
APPROPRIATED_FEN = 10**14


@pytest.fixture(scope="module")
def durable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server as it runs in service, unlike that of the tests."""
    embedded = EmbeddedServer(tmp_path_factory.mktemp("durable"))
    embedded.start()
    home = embedded.home
    try:
        yield Server(url=embedded.logins.superuser_url, run=os.getpid())
    finally:
        embedded.stop()
        shutil.rmtree(home)


@pytest.fixture(params=[SMALL, LARGE])
def claims(request: pytest.FixtureRequest, durable: Server, tmp_path: Path) -> Iterator[tuple[Database, int]]:
    """A database of confirmed claims, and their number."""
    source = durable.clone("settling")
    app = create_app(source.config(tmp_path / "var"))
    with app.app_context():
        make_fund(APPROPRIATED_FEN)
        db.session.remove()
        db.engine.dispose()
    with source.connect() as connection:
        make_claims(connection, request.param)
    yield source, request.param
    durable.drop(source)


def raw(server: Server, source: Database) -> Spent:
    """The raw statement with its commit."""
    copy = server.copy(source, "raw")
    with copy.connect() as connection:
        programme = connection.execute("SELECT programme FROM fund").fetchone()
        assert programme is not None
        given = {"programme": programme[0], "until": clock.end_of_day(CUTOFF), "available": APPROPRIATED_FEN}
        connection.commit()
        connection.execute(MEMORY.text)
        watch = Watch(connection.info.backend_pid)
        connection.execute(RAW, given)
        connection.commit()
        spent = watch.spent()
    server.drop(copy)
    return spent


def own(server: Server, source: Database, var: Path, count: int) -> Spent:
    """The service, over a connection of its pool."""
    copy = server.copy(source, "own")
    app = create_app(copy.config(var))
    with app.app_context():
        maker = Actor(user_id=1, organisation_id=1, role="finance_maker")
        server_process = db.session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        db.session.remove()
        watch = Watch(server_process)
        batch = batches.prepare(cutoff=CUTOFF, actor=maker, now=AFTER)
        spent = watch.spent()
        assert db.session.execute(text("SELECT pg_backend_pid()")).scalar_one() == server_process
        assert (batch.line_count, batch.waiting_count) == (count, 0)
        db.session.remove()
        db.engine.dispose()
    server.drop(copy)
    return spent


def test_preparing_and_sealing_beside_the_raw_statement(
    durable: Server, claims: tuple[Database, int], tmp_path: Path
) -> None:
    source, count = claims
    turns = [(raw(durable, source), own(durable, source, tmp_path / "own", count)) for _ in range(ROUNDS)]
    best_raw, best_own = min(each for each, _ in turns), min(each for _, each in turns)
    ratio = best_own.worked / best_raw.worked

    print(f"\nbatch of {count}: {best_own.worked:.2f} s; raw {best_raw.worked:.2f} s: {ratio:.2f} times raw;")
    print(f"  by the clock {best_own.waited:.2f} s and {best_raw.waited:.2f} s")
    assert ratio <= RATIO
