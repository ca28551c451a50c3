"""The service as `make run` serves it, on an embedded server of its own, for benches that ask it over HTTP."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from core import migrate
from core.config import PROJECT, Config
from core.postgres import EmbeddedServer
from core.processes import wait_for
from marketplace.demo.accounts import demo_password

START_SECONDS = 120.0
TIMES_FOLDER = "TIMES_FOLDER"
"""The variable of the environment that says where ``timed_app`` writes."""


@dataclass(frozen=True)
class Ground:
    """A migrated, empty database with its server, and the settings that lead to it."""

    config: Config
    database_process: int

    @property
    def owner_url(self) -> str:
        """For a driver's own connection, as the owner of the tables."""
        return _plain(self.config.database_owner_url)

    @property
    def url(self) -> str:
        """The same as the application."""
        return _plain(self.config.database_url)

    @property
    def env(self) -> dict[str, str]:
        """What a process of the service needs to be told."""
        return {"VAR_DIR": str(self.config.var_dir), "SECRET_KEY": "only for tests", "DATABASE_URL": ""}


@dataclass(frozen=True)
class Side:
    """Something served: where it listens, its process, and that of the database."""

    port: int
    process: int
    database_process: int


@contextmanager
def fresh_ground(name: str) -> Iterator[Ground]:
    """An embedded server as `make run` has it, which is gone afterwards."""
    folder = Path("/tmp") / f"iv-{os.getpid()}-{name}"
    folder.mkdir()
    folder.chmod(0o755)
    server = EmbeddedServer(folder)
    try:
        server.start()
        settings = {"VAR_DIR": str(folder), "SECRET_KEY": "only for tests", "DEMO_PASSWORD": demo_password()}
        config = Config.from_env(settings)
        migrate.upgrade(owner_url=config.database_owner_url)
        assert server.pid is not None
        yield Ground(config, server.pid)
    finally:
        server.stop()
        shutil.rmtree(folder)


@contextmanager
def granian(target: str, env: Mapping[str, str], *, database_process: int) -> Iterator[Side]:
    """Serve as the supervisor does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "2", "--blocking-threads", "4", "--no-ws", "--log-level", "error", target,
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=PROJECT, env={**os.environ, **env}, stderr=subprocess.DEVNULL)
    try:
        assert wait_for(lambda: _listens(port), START_SECONDS), f"{target} does not listen"
        yield Side(port, process.pid, database_process)
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _plain(url: str) -> str:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    # libpq takes no plus sign for a space.
    return plain.replace("+", "%20")
