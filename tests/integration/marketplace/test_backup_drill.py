"""The drill: a backup taken under load is restored elsewhere, and there is what the snapshot held."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from core import clock
from core.audit_chain import chain_head, seal_audit_trail, verify_chain
from core.backup.manifest import FILE_LIST, MANIFEST, Manifest, file_path, read_file_list, read_manifest
from core.config import Config
from core.db import db, transaction
from core.files import store_file
from core.postgres import EmbeddedServer
from core.postgres_logins import is_running
from marketplace.app import create_app
from marketplace.demo.client import DemoClient
from marketplace.reports.verification import verify_everything
from tests.databases import Database, Server
from tests.support.deal import MONDAY, PDF, hand_in, order, service_id, walk
from tests.support.settling import settle

pytestmark = pytest.mark.slow

SECRET = "only for tests"
TABLE = "tables/stored_file.copy.gz"
GUARDS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT tgrelid::regclass::text, tgname, tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
"""


@pytest.fixture
def elsewhere() -> Iterator[dict[str, str]]:
    """The settings of another installation, in a short folder that its embedded server can enter."""
    folder = Path("/tmp") / f"iv-{os.getpid()}-elsewhere"
    folder.mkdir()
    folder.chmod(0o755)
    yield {"VAR_DIR": str(folder), "SECRET_KEY": SECRET}
    shutil.rmtree(folder)


def test_a_backup_under_load_restored_elsewhere(
    committed_province: DemoClient, elsewhere: dict[str, str], tmp_path: Path
) -> None:
    """Orders are placed all the while; the embedded server elsewhere holds the snapshot, and work goes on there."""
    sample = service_id("demo-ms-sample")
    done = walk(committed_province, order(committed_province, "sme-heze", sample), user="sme-heze")
    hand_in(committed_province, done, claimant="provider-jinan", number="26372000000000000001")
    settle()
    seal_audit_trail(now=MONDAY)
    folder = tmp_path / "backup"
    with ordering(committed_province, sample) as placed:
        before = len(placed)
        assert_done(committed_province.app, "take", folder)
        after = len(placed)
    taken = read_manifest(folder, keys=None)
    assert before <= rows_of(taken, "order") - 1 <= len(placed)
    assert after > before, "no order was placed while the backup ran"
    assert taken.file_count == rows_of(taken, "stored_file") > 0

    assert_done(create_app(Config.from_env(elsewhere)), "restore", folder)
    var_dir = Path(elsewhere["VAR_DIR"])
    assert not is_running(var_dir)
    server = EmbeddedServer(var_dir, fast_and_unsafe=True)
    server.start()
    try:
        restored = create_app(Config.from_env(elsewhere))
        with restored.app_context(), clock.at(MONDAY):
            assert verify_everything()[1] == []
            assert verify_chain(head=taken.audit_head) == []
            assert chain_head() == taken.audit_head
            assert_done(restored, "take", tmp_path / "again", "--link-from", folder)
            again = read_manifest(tmp_path / "again", keys=None)
            assert {table.name for table in set(again.tables) ^ set(taken.tables)} == {"transaction_base"}
            assert (again.sequences, again.file_list) == (taken.sequences, taken.file_list)
            assert "not empty" in refusal(restored, "restore", folder)[0]
            going_on = DemoClient(restored, passwords={}, default_password=committed_province.default_password)
            order(going_on, "sme-heze", sample)
            assert seal_audit_trail(now=MONDAY) > 0
            assert verify_everything()[1] == []
            db.session.remove()
            db.engine.dispose()
    finally:
        server.stop()


def test_a_damaged_backup_is_refused_naming_each_part(
    committed_app: Flask, database: Database, server: Server, tmp_path: Path
) -> None:
    """Truncated, altered and missing parts at once; an altered manifest; another key. The target stays empty."""
    with transaction():
        stored = store_file(BytesIO(PDF), filename="合同.pdf", owner_id=None, now=MONDAY)
    whole = tmp_path / "whole"
    assert_done(committed_app, "take", whole)
    assert_done(committed_app, "check", whole)
    assert "complete backup" in refusal(committed_app, "take", whole)[0]
    content, order_rows = file_path(stored.sha256), "tables/order.copy.gz"

    def damage(name: str, *hurt: Callable[[Path], None]) -> Path:
        copy = shutil.copytree(whole, tmp_path / name)
        for each in hurt:
            each(copy)
        return copy

    many = damage("many", cut(TABLE), flip(content), remove(order_rows))
    said = refusal(committed_app, "check", many)
    assert [line.split()[0] for line in said[1:]] == [order_rows, TABLE, content]
    assert [FILE_LIST in line for line in refusal(committed_app, "check", damage("list", cut(FILE_LIST)))[1:]] == [True]
    altered = damage("altered", lambda copy: edit(copy / MANIFEST, '"rows": 1,', '"rows": 2,'))
    assert "seal" in refusal(committed_app, "check", altered)[0]
    assert "manifest.json" in refusal(committed_app, "check", damage("broken_off", remove(MANIFEST)))[0]

    empty = server.empty(f"restore_{os.getpid()}")
    settings = {"DATABASE_URL": empty.url, "VAR_DIR": str(tmp_path / "target"), "SECRET_KEY": SECRET}
    try:
        target = create_app(Config.from_env(settings))
        stranger = create_app(Config.from_env({**settings, "SECRET_KEY": "another one"}))
        for folder in (many, altered):
            refusal(target, "restore", folder)
        assert "another key" in refusal(stranger, "restore", whole)[0]
        later = damage("later", lambda copy: edit(copy / MANIFEST, '"revision": "', '"revision": "9'))
        assert "newer version" in refusal(target, "restore", later, "--without-key")[0]
        wrong = damage("wrong", lambda copy: edit(copy / MANIFEST, '"rows": 1,', '"rows": 2,'))
        assert "should have 2 rows" in refusal(target, "restore", wrong, "--without-key")[0]
        with empty.connect() as connection:
            assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
        assert_done(stranger, "restore", whole, "--without-key")
        with stranger.app_context():
            assert verify_everything()[1] == []
            db.session.remove()
            db.engine.dispose()
        assert guards(empty) == guards(database)
    finally:
        server.drop(empty)


def test_a_backup_names_lost_files_and_goes_on_where_it_broke_off(committed_app: Flask, tmp_path: Path) -> None:
    """What is missing or altered where files are kept is told each time; the rest is backed up."""
    with transaction():
        kept, lost, changed = (
            store_file(BytesIO(PDF + b"%% %d" % number), filename="合同.pdf", owner_id=None, now=MONDAY)
            for number in range(3)
        )
    files = Path(committed_app.config["FILES_DIR"])
    (files / lost.sha256[:2] / lost.sha256).unlink()
    (files / changed.sha256[:2] / changed.sha256).write_bytes(b"another content")
    folder = tmp_path / "backup"
    broken_off = folder / file_path(kept.sha256)
    broken_off.parent.mkdir(parents=True)
    broken_off.write_bytes(PDF[:9])
    said = refusal(committed_app, "take", folder)
    assert {each.sha256 for each in (lost, changed)} == {line.split()[1] for line in said[1:]}
    assert len(list(read_file_list(folder))) == 3
    assert_done(committed_app, "check", folder)
    assert "no part of a backup" in refusal(committed_app, "take", files)[0]


@contextmanager
def ordering(client: DemoClient, service: int) -> Iterator[list[int]]:
    """Two members place one order after another until the block ends; every answered one is in the list."""
    placed: list[int] = []
    stop = threading.Event()

    def work(user: str) -> None:
        own = DemoClient(client.app, passwords={}, default_password=client.default_password)
        with clock.at(MONDAY), client.app.app_context():
            while not stop.is_set():
                placed.append(order(own, user, service)["id"])

    threads = [threading.Thread(target=work, args=(user,)) for user in ("sme-heze", "sme-jinan")]
    for thread in threads:
        thread.start()
    try:
        yield placed
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def backup(app: Flask, *words: object) -> Result:
    """Run a command as a process of its own would, outside of the context the test stands in."""
    return Context().run(app.test_cli_runner().invoke, args=["backup", *map(str, words)])


def assert_done(app: Flask, *words: object) -> None:
    done = backup(app, *words)
    assert done.exit_code == 0, done.output


def refusal(app: Flask, *words: object) -> list[str]:
    """The lines of a command that ended with 1."""
    refused = backup(app, *words)
    assert refused.exit_code == 1, refused.output
    return [line for line in refused.output.splitlines() if line.strip()]


def guards(database: Database) -> set[tuple[str, ...]]:
    """Every constraint, and every trigger with whether it is on."""
    with database.connect() as connection:
        return set(connection.execute(GUARDS).fetchall())


def rows_of(manifest: Manifest, name: str) -> int:
    return next(table.rows for table in manifest.tables if table.name == name)


def cut(path: str) -> Callable[[Path], None]:
    return lambda copy: os.truncate(copy / path, (copy / path).stat().st_size - 1)


def flip(path: str) -> Callable[[Path], None]:
    def one_byte(copy: Path) -> None:
        content = bytearray((copy / path).read_bytes())
        content[len(content) // 2] ^= 1
        (copy / path).write_bytes(content)

    return one_byte


def remove(path: str) -> Callable[[Path], None]:
    return lambda copy: (copy / path).unlink()


def edit(place: Path, old: str, new: str) -> None:
    content = place.read_text("utf-8")
    assert old in content
    place.write_text(content.replace(old, new), "utf-8")
