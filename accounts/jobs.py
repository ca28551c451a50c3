"""Periodic work of the package."""

from __future__ import annotations

from datetime import datetime

from accounts.service.changes import apply_due_changes
from accounts.service.days import note_owed_documents, turn_suspensions
from accounts.service.notices import remind, send_digests
from accounts.service.renewals import open_renewals
from accounts.service.sessions import forget_sessions
from accounts.service.tokens import forget_attempts
from core.worker import Job


def _forget_attempts(now: datetime, period: datetime) -> None:
    forget_attempts(now=now)
    forget_sessions(now=now)


def _begin_day(now: datetime, period: datetime) -> None:
    apply_due_changes(now=now)
    turn_suspensions(now=now)
    note_owed_documents(now=now)
    open_renewals(now=now)


def _remind(now: datetime, period: datetime) -> None:
    remind(now=now)


def _digest(now: datetime, period: datetime) -> None:
    send_digests(now=now)


JOBS = [
    Job("forget_sign_in_attempts", "30 3 * * *", _forget_attempts),
    Job("begin_day_of_members", "1 0 * * *", _begin_day),
    Job("accounts.remind", "30 7 * * *", _remind),
    Job("accounts.send_digests", "0 8 * * *", _digest),
]
