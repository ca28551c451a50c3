"""What happens by itself: drafts expire, returned claims that nobody mends are rejected (V17)."""

from __future__ import annotations

from datetime import datetime

from core import clock
from core.worker import Job
from vouchers.queries.claims import overdue_drafts, overdue_returns
from vouchers.service.claims import expire, reject_overdue


def expire_drafts(now: datetime, period: datetime) -> None:
    """Expire every draft whose last day is over."""
    for claim_id in overdue_drafts(clock.today(now)):
        expire(claim_id=claim_id, now=now)


def reject_overdue_returns(now: datetime, period: datetime) -> None:
    """Reject every returned claim whose time for correction is over."""
    for claim_id in overdue_returns(clock.today(now)):
        reject_overdue(claim_id=claim_id, now=now)


JOBS = [
    Job("vouchers.expire_drafts", "5 0 * * *", expire_drafts),
    Job("vouchers.reject_overdue_returns", "10 0 * * *", reject_overdue_returns),
]
