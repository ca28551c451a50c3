"""A warm process: the application is made once, and each piece of work runs in a child of its own that may be killed.

It holds no connection and no thread, so that a child has what a process that was just started would have. It is
configured by the environment and asked over a socket.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import socket
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from multiprocessing.connection import Connection
from typing import Any, Protocol

import pytest
from flask import Flask
from sqlalchemy import Engine, event
from sqlalchemy.orm import configure_mappers

from core import clock, failpoints
from core.config import PROJECT
from core.db import db, guard_commits
from core.failpoints import Stop, stop_here
from core.http.api import API_PREFIX
from core.worker import Leadership, Worker
from marketplace.app import HANDLERS, JOBS, create_app
from tests.support.queries import listen

SQL = "sql"
"""The place before every statement; the names of all others are those of failpoints."""
PATIENCE_SECONDS = 120
_PROGRAM = "from tests.faults.warm import main; main()"


@dataclass(frozen=True)
class Moment:
    """The ``passing``-th time that a place is passed."""

    place: str
    passing: int = 1

    def __str__(self) -> str:
        return f"{self.place}@{self.passing}"


@dataclass(frozen=True)
class Answer:
    """What came of a piece of work that was not interrupted."""

    status: int
    body: bytes = b""
    replayed: bool = False
    passed: tuple[tuple[Moment, str], ...] = ()
    """Every place on the way, and for a statement its first words."""


class Work(Protocol):
    """Something to do, at an instant."""

    @property
    def at(self) -> datetime: ...

    def do(self, app: Flask) -> Answer: ...


@dataclass(frozen=True)
class Call:
    """One request of the API with its key."""

    path: str
    token: str
    key: str
    at: datetime
    method: str = "POST"
    json: Mapping[str, Any] | None = None
    file: tuple[bytes, str] | None = None

    def do(self, app: Flask) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": self.key}
        options: dict[str, Any] = {"json": self.json or {}}
        if self.file is not None:
            content, filename = self.file
            options = {"data": {"file": (BytesIO(content), filename)}}
        told = app.test_client().open(f"{API_PREFIX}{self.path}", method=self.method, headers=headers, **options)
        return Answer(told.status_code, told.get_data(), replayed="Idempotency-Replayed" in told.headers)


@dataclass(frozen=True)
class Told:
    """A call of the payment gateway, as it was signed."""

    path: str
    body: bytes
    headers: Mapping[str, str]
    at: datetime

    def do(self, app: Flask) -> Answer:
        told = app.test_client().post(f"{API_PREFIX}{self.path}", data=self.body, headers=dict(self.headers))
        return Answer(told.status_code, told.get_data())


@dataclass(frozen=True)
class Round:
    """One round of the worker, as the leader, with these jobs."""

    at: datetime
    jobs: tuple[str, ...]

    def do(self, app: Flask) -> Answer:
        worker = Worker(app, jobs=[job for job in JOBS if job.name in self.jobs], handlers=HANDLERS)
        with app.app_context():
            leadership = Leadership.seek()
            assert leadership is not None, "another one leads"
            remove = guard_commits(leadership.check)
            try:
                done = worker.tick(clock.now())
            finally:
                remove()
                leadership.release()
        return Answer(200, str(done).encode())


@dataclass(frozen=True)
class Through:
    """Another piece of work, with the database reached through a socket in ``folder``."""

    work: Work
    folder: str

    @property
    def at(self) -> datetime:
        return self.work.at

    def do(self, app: Flask) -> Answer:
        event.listen(Engine, "do_connect", self._redirect)
        return self.work.do(app)

    def _redirect(self, _dialect: object, _record: object, _args: object, wanted: dict[str, Any]) -> None:
        wanted["host"] = self.folder


@dataclass(frozen=True)
class Ended:
    """How a child ended: by itself with an answer, or by a signal."""

    signal: int
    answer: Answer | None


@dataclass(frozen=True)
class _Start:
    work: Work
    moment: Moment | None
    stop: Stop


@dataclass(frozen=True)
class _Rehearse:
    work: Work


@dataclass(frozen=True)
class _Wait:
    pid: int


class Warm:
    """The parent's end of a warm process."""

    def __init__(self, env: Mapping[str, str]) -> None:
        here, there = socket.socketpair()
        with there:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, str(there.fileno())],
                pass_fds=[there.fileno()],
                cwd=PROJECT,
                env={**os.environ, **env},
            )
        self._channel = Connection(here.detach())

    def run(self, work: Work, moment: Moment | None = None) -> Ended:
        """Do a piece of work in a child; killed at ``moment`` where one is given."""
        return self.wait(self.start(work, moment))

    def start(self, work: Work, moment: Moment | None = None, *, stop: Stop = Stop.KILL) -> int:
        """Begin a piece of work; the child's process id."""
        self._channel.send(_Start(work, moment, stop))
        return int(self._channel.recv())

    def wait(self, pid: int) -> Ended:
        """How a child that was begun ended; one that never does fails the test instead of holding it for ever."""
        self._channel.send(_Wait(pid))
        if not self._channel.poll(PATIENCE_SECONDS):
            os.kill(pid, signal.SIGKILL)
            raise AssertionError(f"child {pid} stands still: {self._channel.recv()}")
        ended: Ended = self._channel.recv()
        return ended

    def rehearse(self, work: Work) -> None:
        """Do a piece of work in the warm process itself, so that children know every statement of it already.

        Nothing that starts threads: a child would wait for them for ever.
        """
        self._channel.send(_Rehearse(work))
        self._channel.recv()

    def close(self) -> None:
        """End the warm process; its children end with their work."""
        self._channel.close()
        self._process.wait(timeout=60)


@dataclass
class _Stopping:
    """Counts the places a child passes, and stops it at one of them."""

    moment: Moment | None
    stop: Stop
    counts: Counter[str] = field(default_factory=Counter)
    passed: list[tuple[Moment, str]] = field(default_factory=list)

    def tell(self, place: str, words: str = "") -> None:
        self.counts[place] += 1
        here = Moment(place, self.counts[place])
        self.passed.append((here, words))
        if here == self.moment:
            stop_here(self.stop)

    def statement(self, statement: str, _params: object) -> None:
        self.tell(SQL, " ".join(statement.split())[:80])


def serve(channel: Connection, app: Flask) -> None:
    """Begin what is asked for, each in a child, until nobody asks any more."""
    answers: dict[int, int] = {}
    while True:
        try:
            asked = channel.recv()
        except EOFError:
            return
        if isinstance(asked, _Start):
            reading, writing = os.pipe()
            pid = os.fork()
            if pid == 0:
                os.close(reading)
                _live(app, asked, writing)
            os.close(writing)
            answers[pid] = reading
            channel.send(pid)
        elif isinstance(asked, _Rehearse):
            with clock.at(asked.work.at):
                asked.work.do(app)
            with app.app_context():
                db.engine.dispose()
            channel.send(None)
        else:
            channel.send(_ended(asked.pid, answers.pop(asked.pid)))


def _live(app: Flask, asked: _Start, writing: int) -> None:
    """The life of a child; it ends here."""
    status = 1
    try:
        stopping = _Stopping(asked.moment, asked.stop)
        failpoints.watch(stopping.tell)
        listen(stopping.statement, pytest.MonkeyPatch())
        with clock.at(asked.work.at):
            answer = asked.work.do(app)
        told = Answer(answer.status, answer.body, answer.replayed, tuple(stopping.passed))
        with os.fdopen(writing, "wb") as stream:
            pickle.dump(told, stream)
        status = 0
    except BaseException:  # noqa: BLE001 - whatever it was, the child ends here and not in its parent's loop
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _ended(pid: int, reading: int) -> Ended:
    with os.fdopen(reading, "rb") as stream:
        told = stream.read()
    _, status = os.waitpid(pid, 0)
    killed_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    return Ended(killed_by, pickle.loads(told) if told else None)


def warmed(make: Callable[[], Flask]) -> Flask:
    """The application with everything loaded that needs no database."""
    app = make()
    configure_mappers()
    app.test_client().get(f"{API_PREFIX}/openapi.json")
    gc.collect()
    gc.freeze()
    return app


def main() -> None:
    """The warm process itself."""
    serve(Connection(int(sys.argv[1])), warmed(create_app))
