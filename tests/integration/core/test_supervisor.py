"""`make run` for real: start, crashes of every part, and a clean end."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from core.config import PROJECT
from core.postgres_logins import is_running
from core.processes import Mark, command_line, wait_for
from tests.databases import Server

pytestmark = pytest.mark.slow

SECONDS = 120.0
FOREIGN = {"DATABASE_URL", "DATABASE_OWNER_URL", "TEST_DATABASE_URL", "VAR_DIR", "PORT", "HOST", "DEMO"}


class Running:
    """A supervisor of a folder, with what it has printed so far."""

    def __init__(self, var_dir: Path, port: int, settings: Mapping[str, str]) -> None:
        self.var_dir = var_dir
        self.port = port
        self.log = var_dir / f"supervisor-{port}.log"
        env = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "core.supervisor"],
                cwd=PROJECT,
                env={**env, "VAR_DIR": str(var_dir), "PORT": str(port), "WEB_PROCESSES": "1", **settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def printed(self) -> str:
        return self.log.read_text(errors="replace")

    def await_line(self, pattern: str) -> None:
        def seen() -> bool:
            return re.search(pattern, self.printed(), re.MULTILINE) is not None

        wait_for(lambda: seen() or self.process.poll() is not None, SECONDS)
        assert seen(), self.printed()

    def await_ready(self) -> None:
        self.await_line(r"^ready at http://127\.0\.0\.1:\d+/")

    def await_answer(self) -> None:
        """The web server answers and reaches the database."""
        assert wait_for(self.answers, SECONDS), self.printed()

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(SECONDS)

    def children(self) -> list[int]:
        """Processes started with this port or below this folder, and workers of this supervisor."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            line = command_line(int(entry.name))
            ours = f"--port {self.port} " in line or f"{self.var_dir}/postgres" in line
            if ours or ("wsgi worker" in line and _variable(entry, "VAR_DIR") == str(self.var_dir)):
                found.append(int(entry.name))
        return found

    def worker(self) -> int | None:
        return next((pid for pid in self.children() if "wsgi worker" in command_line(pid)), None)


def _variable(process: Path, name: str) -> str:
    try:
        settings = (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return ""
    return next((item.partition(b"=")[2].decode() for item in settings if item.startswith(name.encode() + b"=")), "")


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def var_dir() -> Iterator[Path]:
    """One installation: the first test starts it, later ones start it again."""
    folder = Path("/tmp") / f"ivs-{os.getpid()}"
    folder.mkdir()
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def start(var_dir: Path, port: int, **settings: str) -> Running:
    return Running(var_dir, port, settings)


linux = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks at processes through /proc")


@linux
def test_start_crashes_and_a_clean_end(var_dir: Path, port: int) -> None:
    """Accounts and address are printed; what is killed comes back; SIGTERM leaves nothing behind."""
    running = start(var_dir, port)
    try:
        running.await_ready()
        assert "sme-heze" in running.printed()
        assert "/api/v1/tokens" in running.printed()
        running.await_answer()

        second = start(var_dir, port + 1)
        assert second.process.wait(SECONDS) == 1
        assert f"already running as process {running.process.pid}" in second.printed()

        postmaster = int((var_dir / "postgres/data/postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGKILL)
        running.await_line(r"^the database ended unexpectedly")
        running.await_answer()

        worker = running.worker()
        assert worker is not None
        os.kill(worker, signal.SIGKILL)
        assert wait_for(lambda: running.worker() not in {None, worker}, SECONDS)

        assert running.end(signal.SIGTERM) == 0
        assert running.printed().endswith("stopped\n")
        assert running.children() == []
        assert not is_running(var_dir)
    finally:
        running.process.kill()
        running.process.wait()


@linux
def test_a_killed_supervisor_is_succeeded(var_dir: Path, port: int) -> None:
    """The next one ends the orphans, keeps the data, and stops on Ctrl-C as well."""
    killed = start(var_dir, port)
    killed.await_ready()
    secret = (var_dir / "secret-key").read_text()
    orphans = [mark for mark in map(Mark.of, killed.children()) if mark is not None]
    assert len(orphans) >= 3
    killed.process.kill()
    killed.process.wait()
    running = start(var_dir, port)
    try:
        running.await_ready()
        assert "migrating" not in running.printed()
        assert not any(orphan.lives for orphan in orphans)
        assert (var_dir / "secret-key").read_text() == secret
        running.await_answer()
        assert running.end(signal.SIGINT) == 0
        assert running.children() == []
    finally:
        running.process.kill()
        running.process.wait()


@linux
@pytest.mark.parametrize("moment", [r"^starting the database", r"^making sure of the demo province"])
def test_a_signal_while_starting_stops_everything(var_dir: Path, port: int, moment: str) -> None:
    running = start(var_dir, port)
    running.await_line(moment)
    assert running.end(signal.SIGTERM) == 0
    assert running.children() == []
    assert not is_running(var_dir)


def test_a_taken_port_is_named(var_dir: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = int(other.getsockname()[1])
        running = start(var_dir, port)
        assert running.process.wait(SECONDS) == 1
    assert f"127.0.0.1:{port}" in running.printed()
    assert "choose another PORT" in running.printed()


def test_without_a_server_the_command_line_says_make_run(var_dir: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "verify"],
        cwd=PROJECT,
        env=env | {"VAR_DIR": str(var_dir)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert 'start it with "make run"' in done.stderr
    assert "Traceback" not in done.stderr


@linux
def test_a_given_database_is_used_instead(server: Server, port: int) -> None:
    """With DATABASE_URL nothing is embedded; migrations and application share the login, not the rights."""
    folder = Path("/tmp") / f"ivs-{os.getpid()}-given"
    folder.mkdir()
    given = server.empty(f"given_{os.getpid()}")
    running = start(folder, port, DATABASE_URL=given.url, DEMO="0")
    try:
        running.await_ready()
        running.await_answer()
        assert not (folder / "postgres").exists()
        with given.connect() as connection:
            rows = connection.execute("SELECT count(*) FROM organisation").fetchone()
        assert rows == (0,)
        assert running.end() == 0
    finally:
        running.process.kill()
        running.process.wait()
        server.drop(given)
        shutil.rmtree(folder)
