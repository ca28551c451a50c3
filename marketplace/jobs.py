"""What the deal does by itself."""

from __future__ import annotations

from datetime import datetime

from core.worker import Job
from marketplace.notifications.telling import tell
from marketplace.service import lapse_unanswered


def _lapse(now: datetime, period: datetime) -> None:
    lapse_unanswered(now=now)


def _tell(now: datetime, period: datetime) -> None:
    tell(now=now)


JOBS = [
    Job("lapse_unanswered_orders", "5 0 * * *", _lapse),
    Job("marketplace.tell", "* * * * *", _tell),
]
