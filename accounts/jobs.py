"""Periodic work of the package."""

from __future__ import annotations

from datetime import datetime

from accounts.service.sessions import forget_sessions
from accounts.service.tokens import forget_attempts
from core.worker import Job


def _forget_attempts(now: datetime, period: datetime) -> None:
    forget_attempts(now=now)
    forget_sessions(now=now)


JOBS = [Job("forget_sign_in_attempts", "30 3 * * *", _forget_attempts)]
