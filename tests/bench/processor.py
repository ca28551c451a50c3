"""What processes made the processors work, whatever else the machine does."""

from __future__ import annotations

import os
from pathlib import Path


def worked_seconds(process: int) -> float:
    """Of one process, its own code and the system's for it."""
    return _ticks(process, 11, 13)


def family_worked_seconds(process: int) -> float:
    """The same with all processes it started, also those that have ended, and with all that these started."""
    running = (int(child) for told in _children(process) for child in told.read_text("ascii").split())
    return _ticks(process, 11, 15) + sum(family_worked_seconds(child) for child in running)


def _children(process: int) -> list[Path]:
    return list(Path(f"/proc/{process}/task").glob("*/children"))


def _ticks(process: int, first: int, end: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return sum(map(int, fields[first:end])) / os.sysconf("SC_CLK_TCK")
