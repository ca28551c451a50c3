"""What happens by itself: drafts expire, what nobody mends is rejected (V17), cases lapse, flags are looked for."""

from __future__ import annotations

from datetime import datetime

from core import clock
from core.worker import Job
from vouchers.queries.cases import lapsed_cases
from vouchers.queries.claims import claims_in, overdue_drafts, overdue_returns
from vouchers.service.cases import lapse
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


def lapse_held_cases(now: datetime, period: datetime) -> None:
    """Free every case whose holder let the last day go by."""
    for claim_id in lapsed_cases(clock.today(now)):
        lapse(claim_id=claim_id, now=now)


JOBS = [
    Job("vouchers.expire_drafts", "5 0 * * *", expire_drafts),
    Job("vouchers.reject_overdue_returns", "10 0 * * *", reject_overdue_returns),
    Job("vouchers.lapse_held_cases", "15 0 * * *", lapse_held_cases),
    Job("vouchers.look_for_flags", "20 1 * * *", look_for_flags),
]
