"""Placing an order through HTTP, signed in, against the very same SQL behind a bare WSGI function on the same server.

Both are served by granian in the same way, on one database, and are measured in turns within one run; of several
rounds the median counts. Figures and how to read them: docs/performance.md.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.config import PROJECT
from core.db import db
from marketplace.app import create_app
from tests.bench.placing_bare import DATABASE, RECORDING, Recording
from tests.bench.placing_data import (
    CLIENTS,
    CONTROLLER,
    Member,
    QuoteCopy,
    a_model,
    make_members,
)
from tests.bench.processor import family_worked_seconds
from tests.bench.serving import Ground, Side, fresh_ground, granian
from tests.support.queries import listen

SECONDS = float(os.environ.get("BENCH_SECONDS", "2"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
AT_ONCE = (1, 8, 32)
GOAL = 0.50
"""The least share of the bare rate."""


@dataclass(frozen=True)
class Town:
    """The database with everybody in it."""

    ground: Ground
    many: list[Member]
    one: list[Member]
    recording: Path


class Turn(NamedTuple):
    """Orders a second, and milliseconds of the processors for one order: of the side's Python, and of PostgreSQL."""

    rate: float
    python_ms: float
    database_ms: float


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The demo province and the members of the bench."""
    with fresh_ground("placing") as ground:
        yield make_town(ground, tmp_path_factory.mktemp("bench") / "recording")


def make_town(ground: Ground, recording: Path) -> Town:
    app = create_app(ground.config)
    with app.app_context():
        with psycopg.connect(ground.owner_url, autocommit=True) as connection:
            model = a_model(app, connection)
            with connection.transaction():
                many = make_members(connection, model=model, count=CLIENTS, one_controller=False, label="many")
                one = make_members(connection, model=model, count=CLIENTS, one_controller=True, label="one")
            connection.execute("ANALYZE")
            members = [*many, *one]
            for member in members:
                # The first order of a member opens its accounts.
                place(app.test_client(), member)
            statements, own = record(app, many[0])
            accounts = {
                member.numbers[CONTROLLER]: accounts_of(connection, member.numbers[CONTROLLER]) for member in members
            }
        kept = Recording(statements, own, accounts[many[0].numbers[CONTROLLER]], members, accounts)
        recording.write_bytes(pickle.dumps(kept))
        db.session.remove()
        db.engine.dispose()
    return Town(ground, many, one, recording)


def place(client: FlaskClient, member: Member) -> tuple[QuoteCopy, str]:
    """Use up the member's first quote; that quote, and the key it was placed with."""
    quote = member.quotes.pop(0)
    key = f"first-{quote.id}"
    headers = {"Authorization": f"Bearer {member.token}", "Idempotency-Key": key}
    answer = client.post("/api/v1/orders", json={"quote_id": quote.id}, headers=headers)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return quote, key


def record(app: Flask, member: Member) -> tuple[list[tuple[str, Any]], dict[Any, str]]:
    """What placing one order says to the database, and which texts and instants of it are the caller's own."""
    said: list[tuple[str, Any]] = []

    with pytest.MonkeyPatch.context() as patch:
        listen(lambda statement, parameters: said.append((statement, parameters)), patch)
        quote, key = place(app.test_client(), member)
    prefix = member.token.partition(".")[0]
    return said, {key: "key", prefix: "prefix", quote.begins: "begins", quote.ends: "ends"}


def accounts_of(connection: psycopg.Connection, controller: int) -> list[int]:
    """The cap of the first year used and its contra account."""
    rows = connection.execute(
        "SELECT id FROM ledger_account WHERE owner = %s ORDER BY year, id LIMIT 2", (f"controller:{controller}",)
    ).fetchall()
    assert len(rows) == 2
    return [number for (number,) in rows]


def turn(side: Side, members: list[Member], *, seconds: float, label: str) -> Turn:
    """Have all clients place orders, one a member; what they used of their quotes is gone."""
    clients = [{"token": member.token, "quotes": [quote.id for quote in member.quotes]} for member in members]
    task = {"port": side.port, "seconds": seconds, "label": label, "clients": clients}
    begun = family_worked_seconds(side.process), family_worked_seconds(side.database_process)
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.placing_load"],
        input=json.dumps(task), capture_output=True, text=True, cwd=PROJECT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    ended = family_worked_seconds(side.process), family_worked_seconds(side.database_process)
    answer = json.loads(done.stdout)
    for member in members:
        del member.quotes[: max(answer["placed"]) + 1]
    placed = sum(answer["placed"])
    python_ms, database_ms = (1000 * (after - before) / placed for before, after in zip(begun, ended, strict=True))
    return Turn(placed / answer["seconds"], python_ms, database_ms)


def analyze(town: Town) -> None:
    """Do what autovacuum does once a minute. Otherwise plans that a connection keeps from the time when the tables were
    empty read whole tables: the more, the earlier it was opened."""
    with psycopg.connect(town.ground.owner_url, autocommit=True) as connection:
        connection.execute("ANALYZE")


def middle(turns: Iterable[Turn]) -> Turn:
    """The median of each figure."""
    return Turn(*map(median, zip(*turns, strict=True)))


def shown(name: str, found: Turn) -> str:
    """A side in one line."""
    return f"{name} {found.rate:6.1f}/s ({found.python_ms:4.1f} + {found.database_ms:4.1f} ms)"


def test_placing_against_the_same_sql_bare(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    """At 1, 8 and 32 clients, each under a controller of its own and all under one. Every answer must be 201.

    Printed are orders a second, and what one order costs the processors in Python and in PostgreSQL: on a machine that
    does other things beside, the latter says more.
    """
    ground = town.ground
    bare_env = {RECORDING: str(town.recording), DATABASE: ground.url}
    shares: dict[str, float] = {}
    with (
        granian("wsgi:app", ground.env, database_process=ground.database_process) as service,
        granian("tests.bench.placing_bare:app", bare_env, database_process=ground.database_process) as bare,
    ):
        for side in (service, bare):
            turn(side, town.many, seconds=3, label="warm")
        for name, members in (("many controllers", town.many), ("one controller", town.one)):
            for clients in AT_ONCE:
                analyze(town)
                measured = [
                    (
                        turn(service, members[:clients], seconds=SECONDS, label=f"s{number}"),
                        turn(bare, members[:clients], seconds=SECONDS, label=f"b{number}"),
                    )
                    for number in range(ROUNDS)
                ]
                ours, theirs = (middle(side) for side in zip(*measured, strict=True))
                row = f"{name:17}{clients:3} clients"
                shares[row] = median(service.rate / bare.rate for service, bare in measured)
                with capsys.disabled():
                    print(f"{row}  {shown('service', ours)}  {shown('bare', theirs)}  {shares[row]:4.0%}")
    assert {row: share for row, share in shares.items() if share < GOAL} == {}
