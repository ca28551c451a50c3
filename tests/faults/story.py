"""One order from its quote to the bank's answer: the pieces of work at which the process is killed, and the state of
database and files before each."""

from __future__ import annotations

import copy
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import psycopg

from core import clock
from core.config import Config
from core.db import db
from marketplace.app import create_app
from marketplace.demo.accounts import demo_password
from marketplace.demo.client import DemoClient, Json
from marketplace.demo.province import seed_province
from tests.databases import Database, Server
from tests.faults.warm import Answer, Call, Round, Told, Warm, Work
from tests.support.deal import MONDAY, ask, bank_csv, confirm, hand_in, order, service_id, walk
from tests.support.fake_stripe import FakeStripe
from tests.support.settling import settle

USER, PROVIDER, MAKER, CHECKER = "sme-heze", "provider-jinan", "finance-maker", "finance-checker"
CUTOFF = "2026-03-10"
AFTER_CUTOFF = datetime(2026, 3, 11, 0, 20, tzinfo=clock.SHANGHAI)

STEPS = (
    "booking",
    "acceptance",
    "transfer",
    "online",
    "webhook",
    "refund",
    "sealing",
    "cutoff",
    "preparation",
    "approval",
    "export",
    "answer",
    "closing",
    "late_return",
)
"""What is told, in this order."""

COUNTED_UP = "worker_leader"
"""The table with the number that every leader counts up by itself."""
RANDOM = {"payment": ["reference"], "gateway_refund": ["reference"], "idempotency_key": ["body"]}
"""Columns that differ from one run to the next."""

_OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_WITH_ROWS = """
    SELECT relname FROM pg_class
     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0 ORDER BY 1"""
_SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"

Counts = dict[str, tuple[int, int]]
"""Of every table with rows their number and a digest of them, whatever their order."""


@dataclass(frozen=True)
class Step:
    """A piece of work at which the process is killed, what it does when nothing happens, and the state before it."""

    name: str
    work: Work
    answer: Answer
    before: Counts
    after: Counts


@dataclass(frozen=True)
class World:
    """All that outlives a process; two that are equal are gone on from in the same way."""

    rows: frozenset[tuple[str, tuple[int, int]]]
    files: frozenset[str]
    gateway: str


@dataclass(frozen=True)
class Kept:
    """A state of the database: every table with rows as it was copied out, with a digest, and where sequences stood."""

    digests: Counts
    rows: Mapping[str, bytes]
    sequences: Mapping[str, int | None]


class Stage:
    """A database and a folder of files that are put back to a kept state again and again."""

    def __init__(self, server: Server, folder: Path, env: Mapping[str, str]) -> None:
        self.server = server
        self.folder = folder
        self.database: Database = server.clone(f"faults_{os.getpid()}")
        self.env = {
            "DATABASE_URL": self.database.url,
            "VAR_DIR": str(folder / "var"),
            "SECRET_KEY": "only for tests",
            **env,
        }
        self.app = create_app(Config.from_env(self.env))
        self._kept: dict[str, Kept] = {}

    def close(self) -> None:
        """Leave nothing behind."""
        self.let_go()
        self.server.drop(self.database)

    def keep(self, name: str) -> None:
        """Remember the present state."""
        self.let_go()
        with self.looking() as connection:
            digests = self.counts(connection, left_out=False)
            rows = {table: _copied(connection, table) for table in digests}
            self._kept[name] = Kept(digests, rows, dict(connection.execute(_SEQUENCES).fetchall()))
        shutil.copytree(self.files, self.folder / f"files_{name}", copy_function=_linked)

    def restore(self, name: str) -> None:
        """Put a state back that was kept: tables that differ are filled anew, past all guards, and sequences set."""
        self.let_go()
        kept = self._kept[name]
        with self.database.connect(autocommit=True) as owner:
            owner.execute(f"SELECT pg_terminate_backend(pid) {_OTHERS}".encode())
        with self.looking() as connection, connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")
            present = self.counts(connection, left_out=False)
            for table in sorted(kept.digests.keys() | present.keys()):
                if kept.digests.get(table) != present.get(table):
                    _fill(connection, table, kept.rows.get(table))
            for sequence, last in kept.sequences.items() - set(connection.execute(_SEQUENCES).fetchall()):
                setting = "SELECT setval(%s::regclass, %s, %s)"
                connection.execute(setting, (f'"{sequence}"', last or 1, last is not None))
        shutil.rmtree(self.files)
        shutil.copytree(self.folder / f"files_{name}", self.files, copy_function=_linked, dirs_exist_ok=True)

    @property
    def files(self) -> Path:
        """Where the service keeps its files."""
        found = Path(self.env["VAR_DIR"]) / "files"
        found.mkdir(exist_ok=True)
        return found

    def let_go(self) -> None:
        """Close every connection of this process to the database."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    @contextmanager
    def looking(self) -> Iterator[psycopg.Connection]:
        """A look past all roles, once everybody else, also who was killed, is gone from the database."""
        with self.database.connect(autocommit=True) as connection:
            deadline = time.monotonic() + 60
            while cast(tuple[int], connection.execute(f"SELECT count(*) {_OTHERS}".encode()).fetchone())[0]:
                assert time.monotonic() < deadline, "somebody stays connected"
                time.sleep(0.002)
            yield connection

    def counts(self, connection: psycopg.Connection, *, left_out: bool = True) -> Counts:
        """What is in every table that has rows; without what differs from run to run where that is ``left_out``."""
        tables = connection.execute(_WITH_ROWS).fetchall()
        digests = " UNION ALL ".join(
            _digest_of(table, left_out) for (table,) in tables if not left_out or table != COUNTED_UP
        )
        found = connection.execute(digests.encode()).fetchall()
        return {name: (rows, digest) for name, rows, digest in found if rows}


class Story:
    """The steps of one order, each tried once without interruption."""

    def __init__(self, stage: Stage, fake: FakeStripe, warm: Warm) -> None:
        self.stage, self.fake, self.warm = stage, fake, warm
        self.client = DemoClient(stage.app, passwords={}, default_password=demo_password())
        self.steps: dict[str, Step] = {}
        self.remote: dict[str, dict[str, Any]] = {}
        self.gone_on_from: set[str] = set()
        """The failpoints after which another process has gone on."""

    def tell(self) -> Story:
        """Live through it all, keeping the state before every step."""
        with self.stage.app.app_context(), clock.at(MONDAY):
            seed_province(now=clock.now())
            self._set_up()
            placed = self._deal()
            self._online(placed)
            self._pay_out()
        return self

    def begin(self, name: str) -> Step:
        """Put back everything as it was before a step."""
        self._restore(name)
        return self.steps[name]

    def begin_on(self, name: str, folder: Path) -> Step:
        """The same with the files in another folder, where nobody's changes reach those that are kept."""
        self._restore(name)
        shutil.copytree(self.stage.folder / f"files_{name}", folder, dirs_exist_ok=True)
        return self.steps[name]

    def world(self, counts: Counts) -> World:
        """All that outlives a process: database, files, and what the gateway knows."""
        files = frozenset(path.name for path in self.stage.files.glob("[0-9a-f]*/*"))
        return World(frozenset(counts.items()), files, repr((self.fake.intents, self.fake.refunds, self.fake.keys)))

    def _restore(self, name: str) -> None:
        self.stage.restore(name)
        self.fake.__dict__.update(copy.deepcopy(self.remote[name]))

    # -- the story -------------------------------------------------------------------------------------------------

    def _set_up(self) -> None:
        client = self.client
        told = client.post(PROVIDER, "/gateway-account/onboarding")
        self.fake.enable(told["account"], "alipay")
        client.post(PROVIDER, "/gateway-account/onboarding")
        client.post(MAKER, "/funds", {"year": 2026, "appropriation_fen": 100_000_000, "reference": "预算"})
        claims = []
        service = service_id("demo-pilot-time")
        for number, (mode, claimant) in enumerate((("direct_deduction", PROVIDER), ("full_payment", USER))):
            done = walk(client, order(client, USER, service, payment_mode=mode), user=USER)
            handed = hand_in(client, done, claimant=claimant, number=f"2637200000001234567{number}")
            claims.append(handed["id"])
        confirm(client, claims, bureau="bureau-heze")

    def _deal(self) -> Json:
        hourly = service_id("demo-ms-hour")
        start = MONDAY + timedelta(days=1)
        slot = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=2)).isoformat()}
        quote = ask(self.client, USER, hourly, **slot)
        placed = self._step("booking", self._call(USER, "/orders", {"quote_id": quote["id"]}))
        self._step("acceptance", self._call(PROVIDER, f"/orders/{placed['id']}/acceptance"))
        for side in (PROVIDER, USER):
            self.client.post(side, f"/orders/{placed['id']}/contract")
        return placed

    def _online(self, placed: Json) -> None:
        """A part is paid by transfer, the rest online."""
        path = f"/orders/{placed['id']}/payment"
        self._step("transfer", self._call(PROVIDER, path, {"amount_fen": 10_000}))
        begun = self._step("online", self._call(USER, path, {"method": "alipay"}))["payment"]
        self.fake.pay(begun["intent_id"])
        body, headers = self.fake.signed(self.fake.events[-1], at=int(MONDAY.timestamp()))
        self._step("webhook", Told("/gateway-webhooks/stripe", body, headers, MONDAY))
        self._step("refund", self._call(PROVIDER, f"/payments/{begun['id']}/refunds", {"amount_fen": 100}))

    def _pay_out(self) -> None:
        settle()
        self._step("sealing", Round(MONDAY + timedelta(minutes=5), ("core.seal_audit_trail",)))
        self._step("cutoff", Round(AFTER_CUTOFF, ("settlement",)))
        self.stage.restore("cutoff")
        batch = self._step("preparation", self._call(MAKER, "/settlement-batches", {"cutoff": CUTOFF}))
        path = f"/settlement-batches/{batch['id']}"
        self._step("approval", self._call(CHECKER, f"{path}/approval"))
        self._step("export", self._call(MAKER, f"{path}/exportation"), threads=True)
        payouts = self.client.get(MAKER, f"{path}/payouts")["items"]
        answered = (bank_csv(payouts, {2: "failed"}), "回单.csv")
        self._step("answer", self._call(MAKER, f"{path}/bank-returns", file=answered))
        self._step("closing", self._call(MAKER, f"{path}/closing"))
        late = (bank_csv(payouts[:1], {1: "returned"}), "退汇.csv")
        self._step("late_return", self._call(MAKER, f"{path}/bank-returns", file=late))

    def _call(self, user: str, path: str, body: Json | None = None, *, file: tuple[bytes, str] | None = None) -> Call:
        return Call(path, self.client.token(user), f"step-{len(self.steps)}", MONDAY, json=body, file=file)

    def _step(self, name: str, work: Work, *, threads: bool = False) -> Json:
        """Keep the state, do it once, and look at what came of it; what makes PDFs starts ``threads``."""
        self.stage.keep(name)
        self.remote[name] = copy.deepcopy(remembered(self.fake))
        if not threads:
            self.warm.rehearse(work)
            self._restore(name)
        with self.stage.looking() as look:
            before = self.stage.counts(look)
        ended = self.warm.run(work)
        assert ended.answer is not None, name
        assert ended.answer.status in (200, 201), ended.answer.body.decode()
        with self.stage.looking() as look:
            after = self.stage.counts(look)
        self.steps[name] = Step(name, work, ended.answer, before, after)
        told: Json = json.loads(ended.answer.body)
        return told


def remembered(fake: FakeStripe) -> dict[str, Any]:
    """What the gateway knows, without what threads share."""
    return {name: value for name, value in fake.__dict__.items() if name not in {"lock", "released"}}


def _digest_of(table: str, left_out: bool) -> str:
    """Count and digest of a table."""
    names = ["xid", *RANDOM.get(table, [])] if left_out else []
    row = f"hashtextextended((to_jsonb(t) - '{{{','.join(names)}}}'::text[])::text, 0)"
    return f"SELECT '{table}', count(*), COALESCE(sum({row}), 0) FROM \"{table}\" t"


def _copied(connection: psycopg.Connection, table: str) -> bytes:
    with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" TO STDOUT'.encode()) as rows:
        return b"".join(bytes(part) for part in rows)


def _fill(connection: psycopg.Connection, table: str, rows: bytes | None) -> None:
    connection.execute(f'DELETE FROM "{table}"'.encode())
    if rows is not None:
        with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" FROM STDIN'.encode()) as target:
            target.write(rows)


def _linked(source: str, target: str) -> None:
    """The service never changes a file that is there, so a second name of it is as good as a copy."""
    os.link(source, target)
