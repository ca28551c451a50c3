"""What happens by itself: drafts expire, returned claims that nobody mends are rejected (V17), flags are looked for."""

from __future__ import annotations

from datetime import datetime

from core import clock
from core.worker import Job
from vouchers.queries.claims import claims_in, overdue_drafts, overdue_returns
from vouchers.service.claims import expire, reject_overdue
from vouchers.service.flags import look_again
from vouchers.steps.flags import EXAMINED


def expire_drafts(now: datetime, period: datetime) -> None:
    """Expire every draft whose last day is over."""
    for claim_id in overdue_drafts(clock.today(now)):
        expire(claim_id=claim_id, now=now)


def reject_overdue_returns(now: datetime, period: datetime) -> None:
    """Reject every returned claim whose time for correction is over."""
    for claim_id in overdue_returns(clock.today(now)):
        reject_overdue(claim_id=claim_id, now=now)


def look_for_flags(now: datetime, period: datetime) -> None:
    """Raise what appeared about claims since: the same file elsewhere, further orders, new relations."""
    for claim_id in claims_in(EXAMINED):
        look_again(claim_id=claim_id, now=now)


JOBS = [
    Job("vouchers.expire_drafts", "5 0 * * *", expire_drafts),
    Job("vouchers.reject_overdue_returns", "10 0 * * *", reject_overdue_returns),
    Job("vouchers.look_for_flags", "20 1 * * *", look_for_flags),
]
