"""What core does by itself."""

from __future__ import annotations

from datetime import datetime

from core.audit_chain import seal_audit_trail
from core.worker import Job


def _seal(now: datetime, period: datetime) -> None:
    seal_audit_trail(now=now)


JOBS = [Job("core.seal_audit_trail", "*/5 * * * *", _seal)]
