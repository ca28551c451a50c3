"""What core does by itself."""

from __future__ import annotations

from datetime import datetime

from core.audit_chain import seal_audit_trail
from core.mail import send_waiting
from core.worker import Job


def _seal(now: datetime, period: datetime) -> None:
    seal_audit_trail(now=now)


def _send_mail(now: datetime, period: datetime) -> None:
    send_waiting(now=now)


JOBS = [
    Job("core.seal_audit_trail", "*/5 * * * *", _seal),
    Job("core.send_mail", "*/2 * * * *", _send_mail),
]
