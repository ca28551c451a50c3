"""Child processes that are stopped for certain, and knowing again the ones a crashed parent left behind."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

PAUSE_SECONDS = 0.05
MARK_SECONDS = 5
PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Mark:
    """What tells a process from a later one with the same number: when it started, and as what."""

    pid: int
    started: str
    command: str

    @classmethod
    def of(cls, pid: int) -> "Mark | None":
        """The mark of a living process, None when there is none (a zombie is none)."""
        command, started = command_line(pid), _started(pid)
        return cls(pid=pid, started=started, command=command) if command and started else None

    @property
    def lives(self) -> bool:
        return Mark.of(self.pid) == self

    def to_json(self) -> dict[str, object]:
        return asdict(self)


class Child:
    """A process in a group of its own: Ctrl-C reaches only its parent, which then stops it in good order."""

    def __init__(self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str], capture: bool = False) -> None:
        self._process = subprocess.Popen(
            list(command),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if capture else None,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def mark(self) -> Mark | None:
        """Its mark, None once it has ended; for a moment after its start the system shows no command line yet."""
        wait_for(lambda: Mark.of(self.pid) is not None or self.exit_code() is not None, MARK_SECONDS)
        return Mark.of(self.pid)

    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def output_until(self, heed: Callable[[], None], *, every_seconds: float) -> str:
        """What a captured child prints up to its end; `heed`, called meanwhile, may raise to break off."""
        while True:
            heed()
            try:
                return self._process.communicate(timeout=every_seconds)[0].decode(errors="replace")
            except subprocess.TimeoutExpired:
                continue

    def stop(self, seconds: float) -> None:
        """SIGTERM, then SIGKILL after `seconds`; what it left of its group is killed either way."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                kill_group(self.pid)
                self._process.wait()
        kill_group(self.pid)


def end_orphan(mark: Mark, *, seconds: float) -> bool:
    """Ends a process known by its mark, with its group; True when it was there."""
    if not mark.lives:
        return False
    os.kill(mark.pid, signal.SIGTERM)
    wait_for(lambda: not mark.lives, seconds)
    kill_group(mark.pid)
    return True


def kill_group(leader: int) -> None:
    """Kills every process of a group; an empty group is no error."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
        return


def command_line(pid: int) -> str:
    """The command line of a process, empty when there is none."""
    if _has_proc():
        try:
            return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            return ""
    return _ps(pid, "command=")


def wait_for(done: Callable[[], bool], seconds: float) -> bool:
    """Asks again and again until `done` or the time is over; answers whether it was done."""
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            return False
        time.sleep(PAUSE_SECONDS)
    return True


def _started(pid: int) -> str:
    if not _has_proc():
        return _ps(pid, "lstart=")
    try:
        after_name = (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return after_name[19]  # field 22 of proc(5): start time in ticks since boot


def _has_proc() -> bool:
    return (PROC / "self" / "cmdline").exists()


def _ps(pid: int, column: str) -> str:
    done = subprocess.run(["ps", "-ww", "-o", column, "-p", str(pid)], capture_output=True, text=True, check=False)
    return done.stdout.strip()
