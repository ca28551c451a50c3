"""The embedded server: private, whole again after crashes, and never changing what it did not make."""

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from core.config import PROJECT
from core.postgres import (
    PACKAGE,
    SOCKET_NAME,
    AlreadyOwned,
    EmbeddedServer,
    StartInterrupted,
)
from core.postgres_logins import is_running, logins
from core.processes import wait_for

pytestmark = pytest.mark.slow

AS_ROOT = os.geteuid() == 0
SECONDS = 60.0
OWNER_PROGRAM = """
import sys, time
from pathlib import Path
from core.postgres import EmbeddedServer
EmbeddedServer(Path(sys.argv[1]), fast_and_unsafe=True).start()
print("started", flush=True)
time.sleep(600)
"""


@contextmanager
def installation(name: str) -> Iterator[Path]:
    """A short folder that the server's user can enter."""
    folder = Path("/tmp") / f"iv-{os.getpid()}-{name}"
    folder.mkdir()
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def var_dir() -> Iterator[Path]:
    """One installation, started and stopped by many tests."""
    with installation("many") as folder:
        yield folder


@pytest.fixture
def own_dir() -> Iterator[Path]:
    """An installation of the test's own."""
    with installation("own") as folder:
        yield folder


@pytest.fixture
def embedded(var_dir: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(var_dir)
    yield server
    server.stop()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def write(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept (line text)")
        connection.execute("INSERT INTO kept VALUES ('黄河')")


def lines(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM kept WHERE line = '黄河'").fetchone()
    assert row is not None
    return int(row[0])


def test_what_a_first_start_makes(embedded: EmbeddedServer, var_dir: Path) -> None:
    """UTF-8, UTC, no network, private folders, passwords that only their owner can read."""
    urls = embedded.start()
    with psycopg.connect(urls.owner_url) as connection:
        shown = connection.execute(
            "SELECT current_user, current_setting('server_encoding'), current_setting('TimeZone'),"
            " current_setting('listen_addresses'), pg_get_userbyid(datdba), datlocale"
            " FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert shown == ("marketplace_owner", "UTF8", "UTC", "", "marketplace_owner", "C.UTF-8")
    base = var_dir / "postgres"
    assert [mode(base / name) for name in ("data", "run", "secrets")] == [0o700, 0o700, 0o700]
    assert {mode(path) for path in (base / "secrets").iterdir()} == {0o600}
    assert (base / "data").stat().st_uid != 0
    assert mode(var_dir) == 0o755


def test_every_login_needs_its_password(embedded: EmbeddedServer) -> None:
    urls = embedded.start()
    for user in ("postgres", "marketplace_owner", "marketplace_app"):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(f"postgresql://{user}:guess@/marketplace?host={urls.socket_dir}")


def test_the_application_may_not_make_tables(embedded: EmbeddedServer) -> None:
    urls = embedded.start()
    with psycopg.connect(urls.app_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("CREATE TABLE mine (line text)")


def test_one_owner_at_a_time(embedded: EmbeddedServer, var_dir: Path) -> None:
    embedded.start()
    with pytest.raises(AlreadyOwned):
        EmbeddedServer(var_dir).start()
    assert is_running(var_dir)


def test_a_second_start_keeps_data_and_passwords(embedded: EmbeddedServer, var_dir: Path) -> None:
    first = embedded.start()
    write(first.owner_url)
    embedded.stop()
    assert not is_running(var_dir)
    second = embedded.start()
    assert second == first
    assert lines(second.owner_url) == 1


def test_it_starts_again_after_the_postmaster_was_killed(embedded: EmbeddedServer) -> None:
    urls = embedded.start()
    write(urls.owner_url)
    assert embedded.pid is not None
    os.kill(embedded.pid, signal.SIGKILL)
    assert wait_for(lambda: not embedded.alive, SECONDS)
    embedded.stop()
    embedded.start()
    assert lines(urls.owner_url) == 1


def test_a_killed_owner_is_succeeded(embedded: EmbeddedServer, var_dir: Path) -> None:
    """Its postmaster lives on without it; the next owner ends that and starts its own."""
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER_PROGRAM, str(var_dir)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    assert owner.stdout.readline() == "started\n"
    write(logins(var_dir).owner_url)
    orphan = int((var_dir / "postgres/data/postmaster.pid").read_text().split()[0])
    owner.kill()
    owner.communicate()
    urls = embedded.start()
    assert embedded.pid != orphan
    assert lines(urls.owner_url) == 1


def test_a_stale_file_naming_a_stranger_is_no_obstacle(embedded: EmbeddedServer, var_dir: Path) -> None:
    """After a restart of the machine the number in the file may belong to any process, here the test's own."""
    embedded.start()
    embedded.stop()
    data = var_dir / "postgres/data"
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n0\n5432\n/nowhere\n\n\nready\n")
    urls = embedded.start()
    write(urls.owner_url)
    assert lines(urls.owner_url) == 1


def test_a_long_folder_gets_a_short_socket(own_dir: Path) -> None:
    """A socket's path may have about a hundred bytes; a private folder of its own is made for it."""
    deep = own_dir / ("深" * 40) / "var"
    deep.mkdir(parents=True)
    server = EmbeddedServer(deep, fast_and_unsafe=True)
    try:
        socket_dir = Path(server.start().socket_dir)
        assert len(os.fsencode(socket_dir / SOCKET_NAME)) < 104
        assert mode(socket_dir) == 0o700
        server.stop()
        assert Path(server.start().socket_dir) == socket_dir
        assert is_running(deep)
    finally:
        server.stop()
    shutil.rmtree(socket_dir)


@pytest.mark.skipif(not AS_ROOT, reason="only root has a folder its server's user cannot enter")
def test_a_closed_folder_stays_closed(own_dir: Path) -> None:
    """The data goes elsewhere, and where is noted; nobody opens the folder."""
    own_dir.chmod(0o700)
    server = EmbeddedServer(own_dir, fast_and_unsafe=True)
    try:
        write(server.start().owner_url)
        assert mode(own_dir) == 0o700
        assert not server.home.is_relative_to(own_dir)
        assert Path((own_dir / "postgres/home").read_text()) == server.home
        assert mode(server.home / "data") == 0o700
        server.stop()
        assert lines(server.start().owner_url) == 1
    finally:
        server.stop()
        shutil.rmtree(server.home)


@pytest.mark.skipif(not AS_ROOT, reason="only root has a folder its server's user cannot enter")
def test_a_folder_made_anew_starts_anew(own_dir: Path) -> None:
    """Data that an earlier folder of this name left elsewhere has other passwords and is left alone."""
    own_dir.chmod(0o700)
    homes = []
    try:
        for _ in range(2):
            server = EmbeddedServer(own_dir, fast_and_unsafe=True)
            server.start()
            homes.append(server.home)
            server.stop()
            shutil.rmtree(own_dir / "postgres")
        assert homes[0] != homes[1]
    finally:
        for home in homes:
            shutil.rmtree(home)


@pytest.mark.skipif(not AS_ROOT, reason="only root has a folder its server's user cannot enter")
def test_programs_out_of_reach_are_copied(own_dir: Path) -> None:
    """A checkout and its virtual environment may lie below a folder of root's alone."""
    packages = own_dir / "packages"
    source = PROJECT / f".venv/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    if not (source / PACKAGE).exists():
        pytest.skip("the virtual environment is elsewhere")
    for name in (PACKAGE, f"{PACKAGE}.libs"):
        shutil.copytree(source / name, packages / name, symlinks=True)
    packages.chmod(0o700)
    code = OWNER_PROGRAM.replace("time.sleep(600)", "")
    done = subprocess.run(
        [sys.executable, "-c", code, str(own_dir)],
        cwd=PROJECT, env=os.environ | {"PYTHONPATH": str(packages)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    copies = list((own_dir / "postgres").glob("programs-*"))
    assert len(copies) == 1
    assert mode(packages) == 0o700
    orphaned = EmbeddedServer(own_dir, fast_and_unsafe=True)
    orphaned.start()
    orphaned.stop()


def test_a_start_can_be_broken_off(embedded: EmbeddedServer, var_dir: Path) -> None:
    with pytest.raises(StartInterrupted):
        embedded.start(give_up=lambda: True)
    assert not embedded.alive
    assert not is_running(var_dir)
    embedded.start()
    assert is_running(var_dir)


def test_names_of_roles_are_those_of_the_migrations(embedded: EmbeddedServer) -> None:
    """The owner may take on the application's role, as migrations and tests do."""
    urls = embedded.start()
    with psycopg.connect(urls.owner_url) as connection:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier("marketplace_app")))
        row = connection.execute("SELECT current_user").fetchone()
    assert row == ("marketplace_app",)
