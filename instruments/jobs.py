"""The worker's part: imports that wait."""

from __future__ import annotations

from datetime import datetime

from core.worker import Job
from instruments.service.imports import run_waiting_imports


def waiting_imports(now: datetime, period: datetime) -> None:
    """Take in what is queued and go on with what a crash interrupted."""
    run_waiting_imports(now=now)


JOBS = [Job("instrument_imports", "* * * * *", waiting_imports)]
