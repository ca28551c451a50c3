"""What processes made the processors work, whatever else the machine does."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NamedTuple


class Spent(NamedTuple):
    """Seconds of the processors, and by the clock."""

    worked: float
    waited: float


class Watch:
    """What is done from now on by this process and by its process of the server."""

    def __init__(self, server_process: int) -> None:
        self._server_process = server_process
        self._begun = self._now()

    def spent(self) -> Spent:
        now = self._now()
        return Spent(now.worked - self._begun.worked, now.waited - self._begun.waited)

    def _now(self) -> Spent:
        return Spent(worked_seconds(self._server_process) + time.process_time(), time.perf_counter())


def worked_seconds(process: int) -> float:
    """Of one process of one thread, its own code and the system's for it; to the nanosecond, unlike the ticks of
    ``stat``."""
    return int(Path(f"/proc/{process}/schedstat").read_text("ascii").split()[0]) / 1e9


def family_worked_seconds(process: int) -> float:
    """The same with all processes it started, also those that have ended, and with all that these started."""
    try:
        running = [int(child) for told in _children(process) for child in told.read_text("ascii").split()]
        own = _ticks(process, 11, 15)
    except (FileNotFoundError, ProcessLookupError):
        # It ended just now; what it worked counts with its parent's from the next reading on.
        return 0.0
    return own + sum(map(family_worked_seconds, running))


def _children(process: int) -> list[Path]:
    return list(Path(f"/proc/{process}/task").glob("*/children"))


def _ticks(process: int, first: int, end: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return sum(map(int, fields[first:end])) / os.sysconf("SC_CLK_TCK")
