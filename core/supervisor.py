"""One process that owns everything `make run` starts: database, migrations, demo data, web server and worker.

Run as `python -m core.supervisor`. It restarts what crashes and, on Ctrl-C or SIGTERM, stops web server, worker
and database in this order, also when the signal comes while starting. Where an earlier supervisor was killed,
the next one first ends what that left behind.
"""

import fcntl
import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import FrameType
from typing import IO

from core import migrate, postgres
from core.config import PROJECT, BadSetting, Config
from core.processes import Child, Mark, end_orphan
from core.system_user import NoUnprivilegedUser

POLL_SECONDS = 0.2
STOP_SECONDS = 15.0
READY_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0
FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class SupervisorError(Exception):
    """The service cannot be started; the sentence says why."""


class AlreadyRunning(SupervisorError):
    """Another supervisor runs on the same VAR_DIR."""


class PortTaken(SupervisorError):
    """Something else listens on the port."""


class StepFailed(SupervisorError):
    """A step of the start (migrations, demo data) ended with an error."""


class NotReady(SupervisorError):
    """The web server did not answer in time."""


class AskedToStop(Exception):
    """A signal came; not an error."""


@dataclass
class Service:
    """A child that is started again when it ends, at growing distances while it keeps ending at once."""

    name: str
    command: Sequence[str]
    child: Child | None = None
    started: float = 0.0
    pause_seconds: float = FIRST_PAUSE_SECONDS
    not_before: float = 0.0

    def note_end(self, now: float) -> None:
        """Sets when it may be started again."""
        if now - self.started > STEADY_SECONDS:
            self.pause_seconds = FIRST_PAUSE_SECONDS
        self.not_before = now + self.pause_seconds
        self.pause_seconds = min(self.pause_seconds * 2, LONGEST_PAUSE_SECONDS)


@dataclass
class Supervisor:
    """Starts, watches and stops. `env` is handed on to the children; `demo` says whether demo data is wanted."""

    config: Config
    env: Mapping[str, str]
    host: str
    web_processes: int
    web_threads: int
    demo: bool
    asked: bool = False
    database: postgres.EmbeddedServer | None = None
    services: list[Service] = field(default_factory=list)
    lock: IO[str] | None = None

    def run(self) -> None:
        """Returns after a signal, with everything stopped. Raises SupervisorError or EmbeddedPostgresError."""
        for number in SIGNALS:
            signal.signal(number, self._note_signal)
        try:
            self._take_lock()
            self._end_orphans()
            self._check_port()
            self._start_database()
            if self._migrate():
                accounts = self._seed()  # nobody works on a half-made province
                self._start_services()
            else:
                self._start_services()
                accounts = self._seed()
            self._await_ready()
            self._announce(accounts)
            while True:
                self._watch()
        except (AskedToStop, postgres.StartInterrupted):
            say("stopping …")
        finally:
            self._stop()

    # -- start -----------------------------------------------------------------------------------------

    def _take_lock(self) -> None:
        self._run_dir.mkdir(exist_ok=True)
        lock = (self._run_dir / "supervisor.lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            owner = lock.read().strip() or "?"
            lock.close()
            raise AlreadyRunning(
                f"already running as process {owner} on {self.config.var_dir}; "
                "stop that first, or choose another VAR_DIR and PORT"
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self.lock = lock

    def _end_orphans(self) -> None:
        """Web servers and workers of a supervisor that was killed; the database ends its own."""
        if self._children_file.exists():
            for noted in json.loads(self._children_file.read_text()):
                if end_orphan(Mark(**noted), seconds=STOP_SECONDS):
                    say(f"ended process {noted['pid']} left over from an earlier run")

    def _check_port(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.config.port))
            except OSError as error:
                raise PortTaken(
                    f"cannot listen on {self.host}:{self.config.port} ({error.strerror}); choose another PORT"
                ) from error

    def _start_database(self) -> None:
        self._heed()
        if not self.config.embedded:
            say("using the database of DATABASE_URL")
            return
        say(f"starting the database under {self.config.var_dir} …")
        self.database = postgres.EmbeddedServer(self.config.var_dir)
        self.database.start(give_up=lambda: self.asked)
        if self.database.home.parent != self.config.var_dir:
            say(f"the database user cannot enter {self.config.var_dir}: the data is in {self.database.home}")
        # Only now the passwords and the socket are known.
        self.config = Config.from_env(self.env)

    def _migrate(self) -> bool:
        """Answers whether there was anything to migrate, as on a first start."""
        self._heed()
        if migrate.is_current(owner_url=self.config.database_owner_url):
            return False
        say("migrating …")
        self._step("migrations", [*FLASK, "db", "upgrade"])
        return True

    def _seed(self) -> str:
        self._heed()
        if not self.demo:
            return ""
        say("making sure of the demo province …")
        return self._step("demo data", [*FLASK, "demo", "seed"])

    def _step(self, name: str, command: Sequence[str]) -> str:
        child = Child(command, cwd=PROJECT, env=self.env, capture=True)
        try:
            output = child.output_until(self._heed, every_seconds=POLL_SECONDS)
        finally:
            child.stop(STOP_SECONDS)
        if child.exit_code() != 0:
            raise StepFailed(f"{name} failed:\n{output}")
        return output

    def _start_services(self) -> None:
        self._heed()
        web = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", self.host,
            "--port", str(self.config.port), "--workers", str(self.web_processes),
            "--blocking-threads", str(self.web_threads), "--no-ws", "--log-level", "error", "--respawn-failed-workers",
            "wsgi:app",
        ]  # fmt: skip
        self.services = [Service("web server", web), Service("worker", [*FLASK, "worker"])]
        for service in self.services:
            self._start_service(service)

    def _start_service(self, service: Service) -> None:
        service.started = time.monotonic()
        service.child = Child(service.command, cwd=PROJECT, env=self.env)
        marks = [each.child.mark() for each in self.services if each.child is not None]
        draft = self._children_file.with_suffix(".new")
        draft.write_text(json.dumps([mark.to_json() for mark in marks if mark is not None]))
        draft.replace(self._children_file)

    def _await_ready(self) -> None:
        until = time.monotonic() + READY_SECONDS
        while not self._answers():
            if time.monotonic() > until:
                raise NotReady(f"the web server does not answer at {self.address}/readyz")
            self._watch()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/readyz", timeout=2) as response:  # noqa: S310 (own address)
                return bool(response.status == HTTPStatus.OK)
        except (urllib.error.URLError, OSError):
            return False

    def _announce(self, accounts: str) -> None:
        say(f"\nready at {self.address}/ (API under {self.address}/api/v1, Ctrl-C stops everything)")
        if accounts:
            say(f"\n{accounts.strip()}\n")
            say(
                f"Sign in with one of them at {self.address}/sign-in, or ask for a token:\n"
                f"  curl -s {self.address}/api/v1/tokens -H 'Content-Type: application/json' \\\n"
                '       -d \'{"username": "sme-heze", "password": "PASSWORD"}\'\n'
            )

    # -- watch and stop --------------------------------------------------------------------------------

    def _watch(self) -> None:
        """One look at everything; starts again what has ended."""
        self._heed()
        time.sleep(POLL_SECONDS)
        self._heed()
        if self.database is not None and not self.database.alive:
            say("the database ended unexpectedly: starting it again")
            self.database.stop()
            self.database.start(give_up=lambda: self.asked)
        for service in self.services:
            self._revive(service)

    def _revive(self, service: Service) -> None:
        now = time.monotonic()
        if service.child is not None and (code := service.child.exit_code()) is not None:
            service.child.stop(0)  # what it left of its group
            service.child = None
            service.note_end(now)
            say(f"the {service.name} ended unexpectedly (exit {code}): starting it again")
        if service.child is None and now >= service.not_before:
            self._start_service(service)

    def _stop(self) -> None:
        for service in self.services:
            if service.child is not None:
                service.child.stop(STOP_SECONDS)
        if self.database is not None:
            self.database.stop()
        if self.lock is not None:
            self._children_file.unlink(missing_ok=True)
            self.lock.close()

    def _heed(self) -> None:
        if self.asked:
            raise AskedToStop

    def _note_signal(self, number: int, frame: FrameType | None) -> None:
        self.asked = True

    @property
    def address(self) -> str:
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 (compared, not bound)
        return f"http://{host}:{self.config.port}"

    @property
    def _run_dir(self) -> Path:
        return self.config.var_dir / "run"

    @property
    def _children_file(self) -> Path:
        return self._run_dir / "children.json"


def say(line: str) -> None:
    """Writes for the person at the terminal, at once also into a pipe."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    env = dict(os.environ)
    try:
        config = Config.from_env(env)
        env["VAR_DIR"] = str(config.var_dir)
        supervisor = Supervisor(
            config=config,
            env=env,
            host=env.get("HOST") or "127.0.0.1",
            web_processes=int(env.get("WEB_PROCESSES") or 2),
            web_threads=int(env.get("WEB_THREADS") or 4),
            demo=(env.get("DEMO") or "1") != "0",
        )
        supervisor.run()
    except (SupervisorError, postgres.EmbeddedPostgresError, NoUnprivilegedUser, BadSetting) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    say("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
