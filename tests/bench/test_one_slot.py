"""A thousand firms want one hour of one instrument at the same moment, over HTTP, each signed in, with its own quote.

Exactly one gets it; the others are told so. What counts as slow is the time inside the service: a client waits besides
until one of the eight threads that serve has time for it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from core.config import PROJECT
from core.db import db
from marketplace.app import create_app
from tests.bench.placing_data import Member, a_model, make_rivals
from tests.bench.serving import TIMES_FOLDER, Ground, fresh_ground, granian

RIVALS = 1000
SLOTS = 5
LONGEST_SECONDS = 0.250


class Rush(NamedTuple):
    """What became of all requests for one slot, and how long the longest was inside the service."""

    answers: Counter[str]
    longest: float


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    with fresh_ground("slot") as found:
        yield found


@pytest.fixture(scope="module")
def rivals(ground: Ground) -> list[Member]:
    app = create_app(ground.config)
    with app.app_context(), psycopg.connect(ground.owner_url, autocommit=True) as connection:
        model = a_model(app, connection)
        with connection.transaction():
            # Two more than are counted: the first slots only wake everything up.
            made = make_rivals(connection, model=model, count=RIVALS, slots=SLOTS + 2, label="rival")
        connection.execute("ANALYZE")
        db.session.remove()
        db.engine.dispose()
    return made


def rush(port: int, rivals: list[Member], *, slot: int, times: Path) -> Rush:
    """Have everybody ask for the slot at once."""
    before = {path: path.stat().st_size for path in times.iterdir()}
    clients = [{"token": rival.token, "quote": rival.quotes[slot].id} for rival in rivals]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.slot_load"],
        input=json.dumps({"port": port, "clients": clients}), capture_output=True, text=True, cwd=PROJECT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    inside = [
        float(line) for path in times.iterdir() for line in path.read_text("ascii")[before.get(path, 0) :].splitlines()
    ]
    assert len(inside) == len(rivals)
    return Rush(Counter(json.loads(done.stdout)), max(inside))


def deadlocks(ground: Ground) -> int:
    with psycopg.connect(ground.owner_url) as connection:
        (found,) = connection.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone() or (0,)
    return int(found)


def test_a_thousand_clients_for_one_slot(
    ground: Ground, rivals: list[Member], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = {**ground.env, TIMES_FOLDER: str(tmp_path)}
    with granian("tests.bench.timed_app:app", env, database_process=ground.database_process) as side:
        for slot in range(2):
            rush(side.port, rivals, slot=slot, times=tmp_path)
        found = [rush(side.port, rivals, slot=slot, times=tmp_path) for slot in range(2, SLOTS + 2)]
    with capsys.disabled():
        for each in found:
            print(f"{dict(each.answers)}  longest inside {1000 * each.longest:.0f} ms")
    assert [each.answers for each in found] == [Counter({"201": 1, "409 slot_taken": RIVALS - 1})] * SLOTS
    assert deadlocks(ground) == 0
    assert max(each.longest for each in found) <= LONGEST_SECONDS
