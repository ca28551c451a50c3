"""PostgreSQL without room to grow: a clear answer, nothing half written; with room the same key goes through.

In three ways: files may not grow beyond a size, as under a quota, which any machine can do to a server of its own; its
disk is full; and not even its log can grow, so that the server stops. The latter two need a small file system.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from core import clock, migrate
from core.config import Config
from core.db import db
from core.http.api import API_PREFIX
from core.http.idempotent import HEADER, REPLAYED
from core.postgres import DidNotStart, EmbeddedServer
from core.processes import wait_for
from core.system_user import unprivileged_user
from marketplace.app import create_app
from marketplace.demo.accounts import demo_password
from marketplace.demo.client import DemoClient, Json
from marketplace.demo.province import seed_province
from marketplace.reports.verification import verify_everything
from tests.faults.disk import MEBIBYTE, Disk, may_mount
from tests.faults.stage import Counts, counts
from tests.faults.story import USER
from tests.support.deal import MONDAY, service_id
from tests.support.pages import PageClient

pytestmark = pytest.mark.slow

ROOM = 512 * MEBIBYTE
LIMIT = 16 * MEBIBYTE
"""No file may be larger: the log's are just as large, and one table is made so."""
ENTRIES = 200_000
"""With these the audit trail has outgrown the limit. They are short, so that no other one has room between them."""
PATIENCE_SECONDS = 60.0
MOST_ORDERS = 200
"""Before that many the pages that are there are full."""


@dataclass
class Place:
    """A province on a database server of its own."""

    server: EmbeddedServer
    disk: Disk | None
    app: Flask
    client: DemoClient
    service: int

    def order(self, key: str) -> TestResponse:
        """Ask for a quote and place its order, or ask again for the same: the first answer that is no success."""
        wanted = {"service_id": self.service, "payment_mode": "full_payment", "quantity": "1"}
        quoted = self._post("/quotes", wanted, f"quote {key}")
        if quoted.status_code != 201:
            return quoted
        return self._post("/orders", {"quote_id": json.loads(quoted.data)["id"]}, f"order {key}")

    def orders(self) -> int:
        """How many orders are read."""
        return len(self.client.get(USER, "/orders", limit=200)["items"])

    def counts(self) -> Counts:
        """Every table with rows."""
        with psycopg.connect(self.url) as look:
            return counts(look)

    @property
    def url(self) -> str:
        """Past all roles."""
        return self.server.logins.superuser_url.replace("/postgres?", "/marketplace?")

    def _post(self, path: str, body: Json, key: str) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.client.token(USER)}", HEADER: key}
        return self.app.test_client().post(f"{API_PREFIX}{path}", json=body, headers=headers)


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with TemporaryDirectory(prefix="ivf", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        disk = Disk(folder) if may_mount() else None
        if disk is not None:
            disk.mount(ROOM)
        server = EmbeddedServer(folder)
        try:
            server.start()
            yield from _settled(server, disk)
        finally:
            server.stop()
            if disk is not None:
                disk.unmount()


def _settled(server: EmbeddedServer, disk: Disk | None) -> Iterator[Place]:
    config = Config.from_env({"VAR_DIR": str(server.log.parent.parent), "SECRET_KEY": "only for tests"})
    migrate.upgrade(owner_url=config.database_owner_url)
    app = create_app(config)
    with clock.at(MONDAY):
        with app.app_context():
            seed_province(now=clock.now())
            service = service_id("demo-ms-sample")
        client = DemoClient(app, passwords={}, default_password=demo_password())
        client.token(USER)
        yield Place(server, disk, app, client, service)
        with app.app_context():
            db.engine.dispose()


@contextmanager
def limited(place: Place) -> Iterator[None]:
    """The audit trail has outgrown what files may have."""
    with psycopg.connect(place.url) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(
            "INSERT INTO audit_entry (id, at, actor_role, action, subject_kind, subject_id, data, xid)"
            " OVERRIDING SYSTEM VALUE SELECT 1000000000 + n, now(), '', '', '', 0, '{}', 0"
            "   FROM generate_series(1, %s) n",
            (ENTRIES,),
        )
        owner.rollback()  # the pages stay
    _limit(place, str(LIMIT))
    try:
        yield
    finally:
        _limit(place, "unlimited")


@contextmanager
def filled(place: Place) -> Iterator[None]:
    """The whole disk is full."""
    disk = _disk_of(place)
    disk.leave(0)
    try:
        yield
    finally:
        disk.leave(ROOM // 2)


@pytest.mark.parametrize("squeezed", [limited, filled])
def test_tables_that_cannot_grow(place: Place, squeezed: Callable[[Place], AbstractContextManager[None]]) -> None:
    """Whoever writes is answered 507; nothing is kept, and reading goes on."""
    assert place.order(f"before {squeezed.__name__}").status_code == 201
    with squeezed(place):
        key, refused = _first_refused(place, squeezed.__name__)
        require_refusal(refused)
        before, orders = place.counts(), place.orders()
        require_refusal(place.order(key))
        assert (place.counts(), place.orders()) == (before, orders)
    require_going_on(place, key)


def test_a_form_says_so_above_what_was_typed(place: Place) -> None:
    """The first declaration of a tie needs the first page of its table."""
    officer = PageClient(place.app.test_client()).sign_in("bureau-heze")
    typed = {"kind": "employer", "uscc": "91370000DEM0009966", "name": "演示前单位", "since": "2020-01-01"}
    with filled(place):
        told = officer.send("/interests/new", typed)
    assert (told.status, told.form("/interests").values["name"]) == (507, [typed["name"]])
    assert "存储空间不足" in told.text
    assert officer.send("/interests/new", typed).status == 200
    require_going_on(place, "form")


def test_a_log_that_cannot_grow(place: Place) -> None:
    """The server stops: everybody is told to come again, and can as soon as it runs once more."""
    disk = _disk_of(place)
    disk.leave(0)
    try:
        with pytest.raises(psycopg.OperationalError):
            _write_log(place)
        told = place.order("log")
        assert (told.status_code, json.loads(told.data)["code"], "Retry-After" in told.headers) == (503, "busy", True)
    finally:
        disk.leave(ROOM // 2)
    assert wait_for(lambda: _runs(place), PATIENCE_SECONDS)
    require_going_on(place, "log")


def require_refusal(told: TestResponse) -> None:
    """The answer says what is wrong, in both languages."""
    problem = json.loads(told.data)
    assert (told.status_code, problem["code"]) == (507, "storage_full")
    assert problem["title"].startswith("存储空间不足")
    assert "no room left" in problem["title_en"]


def require_going_on(place: Place, key: str) -> None:
    """There is room: the same key goes through, once, and all is sound."""
    done = place.order(key)
    assert done.status_code == 201, done.data
    again = place.order(key)
    assert (again.data, REPLAYED in again.headers) == (done.data, True)
    with place.app.app_context():
        assert verify_everything()[1] == []


def _first_refused(place: Place, name: str) -> tuple[str, TestResponse]:
    """Orders are placed until the pages that are there are full."""
    for number in range(MOST_ORDERS):
        key = f"{name} {number}"
        told = place.order(key)
        if told.status_code != 201:
            return key, told
    raise AssertionError("there was room all the time")


def _write_log(place: Place) -> None:
    """Have the server begin one file of its log after another."""
    with psycopg.connect(place.url, autocommit=True) as owner:
        while True:
            owner.execute("SELECT pg_logical_emit_message(true, 'x', 'x'), pg_switch_wal()")


def _limit(place: Place, size: str) -> None:
    """How large files may become that the server writes for whoever connects from now on."""
    command = ["prlimit", "--pid", str(place.server.pid), f"--fsize={size}:"]
    subprocess.run(command, cwd="/", check=True, **unprivileged_user().run_as())  # type: ignore[call-overload]
    with place.app.app_context():
        db.engine.dispose()


def _disk_of(place: Place) -> Disk:
    if place.disk is None:
        pytest.skip("mounting a small file system needs root, or sudo without a password")
    return place.disk


def _runs(place: Place) -> bool:
    """Whether the server runs, which is started again where it has stopped."""
    try:
        if not place.server.alive:
            place.server.start()
        psycopg.connect(place.url).close()
    except (psycopg.OperationalError, DidNotStart):
        return False
    return True
