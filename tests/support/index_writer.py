"""What writes the search index, as processes that can be killed: children of one that has the application loaded.

It answers a line with the name of a failpoint, or a blank one, by the number of a process that keeps the index and dies
there, and once that has ended by the signal that ended it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from core.config import PROJECT, Config
from core.db import db
from core.failpoints import arm
from instruments.service.index_keeping import keep_index
from marketplace.app import create_app
from tests.databases import Database


class Writers:
    """Starts them, one after the other."""

    def __init__(self, parent: subprocess.Popen[str]) -> None:
        self.parent = parent

    def start(self, place: str = "") -> int:
        """The number of the process of a new one; it is killed at a failpoint, where one is named."""
        assert self.parent.stdin is not None
        print(place, file=self.parent.stdin, flush=True)
        return int(self._line())

    def ended(self) -> int:
        """By what signal the one that was started ended; 0 for none. Waits until it has."""
        return int(self._line())

    def _line(self) -> str:
        assert self.parent.stdout is not None
        return self.parent.stdout.readline()


@contextmanager
def writers(database: Database, var_dir: Path) -> Iterator[Writers]:
    """A process to start them from, which is gone afterwards with all of them."""
    settings = {"DATABASE_URL": database.url, "VAR_DIR": str(var_dir), "SECRET_KEY": "only for tests"}
    command = [sys.executable, "-c", "from tests.support.index_writer import main; main()"]
    parent = subprocess.Popen(
        command, cwd=PROJECT, env={**os.environ, **settings}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        yield Writers(parent)
    finally:
        os.killpg(parent.pid, signal.SIGKILL)
        parent.communicate()


def main() -> None:
    """Load once, fork for each line; a child has neither thread nor connection of its parent."""
    app = create_app(Config.from_env(os.environ))
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _write(app, line.strip())
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, flush=True)


def _write(app: Flask, place: str) -> None:
    if place:
        arm(f"{place}=kill")
    with app.app_context():
        db.engine.dispose(close=False)
        keep_index(threading.Event())
