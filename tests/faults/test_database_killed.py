"""PostgreSQL killed under load: what was acknowledged is there, everything else is all or nothing."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest
from flask import Flask

from core import clock, migrate
from core.config import Config
from core.db import db
from core.http.api import API_PREFIX
from core.http.idempotent import HEADER, REPLAYED
from core.postgres import EmbeddedServer
from core.processes import wait_for
from marketplace.app import create_app
from marketplace.demo.accounts import demo_password
from marketplace.demo.client import DemoClient, Json
from marketplace.demo.province import seed_province
from marketplace.reports.verification import verify_everything
from tests.faults.story import AFTER_CUTOFF, CHECKER, CUTOFF, MAKER, PROVIDER, USER
from tests.support.deal import MONDAY, confirm, hand_in, order, service_id, walk

pytestmark = pytest.mark.slow

PATIENCE_SECONDS = 60.0
ANSWERED_BETWEEN = 15
"""So many calls that change something are answered before the first kill, and after each."""
PAUSE_SECONDS = 0.25
"""After an answer that says to come again."""
OTHERS = ("sme-jinan", "sme-jinan-sibling")


@dataclass
class Asked:
    """A call with its key, and what came of it: 2xx is acknowledged, 503 unknown, all else refused.

    How often it was answered 503 is counted in ``unknown``.
    """

    user: str
    path: str
    body: Json
    key: str
    status: int = 0
    answer: bytes = b""
    replayed: bool = False
    unknown: int = 0

    @property
    def acknowledged(self) -> bool:
        return self.status in (200, 201)


class Load:
    """Users who go on asking until told to stop, each in a thread of his own."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = DemoClient(app, passwords={}, default_password=demo_password())
        self.asked: list[Asked] = []
        self.broken: list[BaseException] = []
        self._stop = threading.Event()

    @property
    def acknowledged(self) -> list[Asked]:
        return [each for each in tuple(self.asked) if each.acknowledged]

    def send(self, asked: Asked) -> Any:
        """Ask, or ask again with the same key; the answer as JSON."""
        headers = {"Authorization": f"Bearer {self.client.tokens[asked.user]}", HEADER: asked.key}
        with self.app.app_context():
            told = self.app.test_client().post(f"{API_PREFIX}{asked.path}", json=asked.body, headers=headers)
        asked.status, asked.answer, asked.replayed = told.status_code, told.get_data(), REPLAYED in told.headers
        return told.get_json()

    def ask(self, user: str, path: str, body: Json | None = None) -> Json | None:
        """Ask for something new, with the same key as long as it is unknown; None where it was not done."""
        asked = Asked(user, path, body or {}, uuid.uuid4().hex)
        self.asked.append(asked)
        told: Json = self.send(asked)
        while asked.status == 503 and not self._stop.is_set():
            asked.unknown += 1
            time.sleep(PAUSE_SECONDS)
            told = self.send(asked)
        return told if asked.acknowledged else None

    @contextmanager
    def running(self, *works: Callable[[], Iterator[object]]) -> Iterator[None]:
        """All the works at once, again and again, until the block ends."""
        threads = [threading.Thread(target=self._repeat, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()
        if self.broken:
            raise self.broken[0]

    def goes_on(self) -> None:
        """Wait until some more was acknowledged."""
        wanted = len(self.acknowledged) + ANSWERED_BETWEEN
        assert wait_for(lambda: bool(self.broken) or len(self.acknowledged) >= wanted, PATIENCE_SECONDS), self.asked[
            -5:
        ]

    def _repeat(self, work: Callable[[], Iterator[object]]) -> None:
        try:
            with clock.at(AFTER_CUTOFF):
                while not self._stop.is_set():
                    for _ in work():
                        if self._stop.is_set():
                            return
        except BaseException as failed:  # noqa: BLE001 - told by the test's own thread
            self.broken.append(failed)


@pytest.fixture
def durable() -> Iterator[EmbeddedServer]:
    """A server as in life, with nothing switched off that makes commits last."""
    with TemporaryDirectory(prefix="ivk", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        server = EmbeddedServer(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture
def load(durable: EmbeddedServer) -> Iterator[Load]:
    """A province with two confirmed claims and a fund; everybody is signed in."""
    var_dir = durable.log.parent.parent
    config = Config.from_env({"VAR_DIR": str(var_dir), "SECRET_KEY": "only for tests"})
    migrate.upgrade(owner_url=config.database_owner_url)
    app = create_app(config)
    with clock.at(MONDAY), app.app_context():
        seed_province(now=clock.now())
        found = Load(app)
        client, service = found.client, service_id("demo-pilot-time")
        client.post(MAKER, "/funds", {"year": 2026, "appropriation_fen": 100_000_000, "reference": "预算"})
        claims = []
        for number, (mode, claimant) in enumerate((("direct_deduction", PROVIDER), ("full_payment", USER))):
            done = walk(client, order(client, USER, service, payment_mode=mode), user=USER)
            claims.append(hand_in(client, done, claimant=claimant, number=f"2637200000001234567{number}")["id"])
        confirm(client, claims, bureau="bureau-heze")
    with clock.at(AFTER_CUTOFF), app.app_context():
        found.client.tokens.clear()
        for user in (USER, *OTHERS, PROVIDER, MAKER, CHECKER):
            found.client.token(user)
        yield found
        db.session.remove()
        db.engine.dispose()


def test_nothing_acknowledged_is_lost(durable: EmbeddedServer, load: Load) -> None:
    """One backend is killed, then the postmaster with all of them, while slots, deals and a batch are worked on."""
    sample, hourly = service_id("demo-ms-sample"), service_id("demo-ms-hour")
    superuser = durable.logins.superuser_url.replace("/postgres?", "/marketplace?")
    with psycopg.connect(superuser) as owner:
        known = {number for (number,) in owner.execute('SELECT id FROM "order"')}

    def slots(user: str) -> Callable[[], Iterator[object]]:
        """The same hours as the other one, one after another."""
        hours = iter(range(1, 1000))

        def book() -> Iterator[object]:
            start = AFTER_CUTOFF.replace(hour=9, minute=0) + timedelta(
                hours=(hour := next(hours)) % 7, days=1 + hour // 7
            )
            slot = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=1)).isoformat()}
            yield (quoted := load.ask(user, "/quotes", {"service_id": hourly, "payment_mode": "full_payment", **slot}))
            yield quoted and load.ask(user, "/orders", {"quote_id": quoted["id"]})

        return book

    def deals() -> Iterator[object]:
        wanted = {"service_id": sample, "payment_mode": "direct_deduction", "quantity": "1"}
        quoted = load.ask(USER, "/quotes", wanted)
        placed = quoted and load.ask(USER, "/orders", {"quote_id": quoted["id"]})
        yield placed
        steps = ((PROVIDER, "acceptance"), (PROVIDER, "contract"), (USER, "contract"), (PROVIDER, "payment"))
        if placed is None:
            return
        for user, step in steps:
            yield load.ask(user, f"/orders/{placed['id']}/{step}")

    def payout() -> Iterator[object]:
        yield (batch := load.ask(MAKER, "/settlement-batches", {"cutoff": CUTOFF}))
        if batch is None:
            return
        for user, step in ((CHECKER, "approval"), (MAKER, "exportation")):
            yield load.ask(user, f"/settlement-batches/{batch['id']}/{step}")

    with load.running(*(slots(user) for user in OTHERS), deals, payout):
        load.goes_on()
        os.kill(backend_of(superuser), signal.SIGKILL)  # the postmaster ends the others and starts anew
        load.goes_on()
        kill_all(durable)
        durable.start()
        load.goes_on()
    require_all_there(load)
    with psycopg.connect(superuser) as owner:
        in_answers = {each["id"] for each in answers(load, "/orders")}
        assert {number for (number,) in owner.execute('SELECT id FROM "order"')} == known | in_answers
        assert owner.execute("SELECT count(*) FROM settlement_batch").fetchone() == (1,)
    assert len({each["id"] for each in answers(load, "/settlement-batches")}) == 1
    assert verify_everything()[1] == []


def require_all_there(load: Load) -> None:
    """Every key is asked again: what was acknowledged is answered as then, what was not is done now or refused."""
    assert {each.status for each in load.asked} <= {200, 201, 409, 422, 503}
    assert any(each.unknown for each in load.asked), "nobody noticed"
    for each in load.asked:
        was = (each.status, each.answer) if each.acknowledged else None
        if was is not None or each.status == 503:
            load.send(each)
            assert was is None or (each.status, each.answer, each.replayed) == (*was, True), each
            assert each.status in (200, 201, 409, 422), each


def answers(load: Load, path: str) -> list[Json]:
    """What was answered on a path in the end."""
    return [json.loads(each.answer) for each in load.acknowledged if each.path == path]


def backend_of(url: str) -> int:
    """A backend that is at work just now, where there is one."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            " ORDER BY state = 'idle', xact_start LIMIT 1"
        ).fetchone()
    assert found is not None
    return int(found[0])


def kill_all(server: EmbeddedServer) -> None:
    """The postmaster and every process of it, at once, as when the machine is gone."""
    assert server.pid is not None
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    for pid in (server.pid, *map(int, children)):
        os.kill(pid, signal.SIGKILL)
    assert wait_for(lambda: not server.alive, PATIENCE_SECONDS)
