"""What the deal does by itself."""

from __future__ import annotations

from datetime import datetime

from core.worker import Job
from marketplace.notifications.telling import tell
from marketplace.service import lapse_unanswered
from marketplace.service.annual_reports import keep_reports
from marketplace.service.disclosures import keep_applications
from marketplace.service.negotiations import expire_offers


def _lapse(now: datetime, period: datetime) -> None:
    lapse_unanswered(now=now)


def _expire(now: datetime, period: datetime) -> None:
    expire_offers(now=now)


def _tell(now: datetime, period: datetime) -> None:
    tell(now=now)


def _keep_reports(now: datetime, period: datetime) -> None:
    keep_reports(now=now)


def _keep_applications(now: datetime, period: datetime) -> None:
    keep_applications(now=now)


JOBS = [
    Job("lapse_unanswered_orders", "5 0 * * *", _lapse),
    Job("marketplace.keep_reports", "2 0 * * *", _keep_reports),
    Job("marketplace.keep_applications", "3 0 * * *", _keep_applications),
    Job("marketplace.expire_offers", "6 0 * * *", _expire),
    Job("marketplace.tell", "* * * * *", _tell),
]
