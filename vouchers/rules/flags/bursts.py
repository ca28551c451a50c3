"""Many claims of one claimant in the last days of their validity or of a year, beside its usual rate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from vouchers.rules.flags.kinds import FlagKind, Found
from vouchers.rules.flags.policy import AbusePolicy
from vouchers.rules.flags.windows import windows

EXPIRY = "expiry"
YEAR_END = "year_end"
_HUNDREDTHS = Decimal("0.01")


@dataclass(frozen=True)
class HandedIn:
    """A claim of the claimant: the day it was first handed in, and the last day it could be (V17)."""

    claim_id: int
    on: date
    last_day: date


def burst_flags(claim: HandedIn, others: Sequence[HandedIn], *, policy: AbusePolicy) -> list[Found]:
    """The claim and others of its claimant crowd in the last days, far above the claimant's usual rate."""
    everything = [claim, *others]
    return [
        found
        for deadline, is_late, about in _deadlines(claim, policy=policy)
        if is_late(claim)
        for found in _crowded(deadline, about, claim, everything, is_late, policy)
    ]


def _deadlines(claim: HandedIn, *, policy: AbusePolicy) -> Iterator[tuple[str, Callable[[HandedIn], bool], str]]:
    """The deadlines a claim may crowd before: their name, who is late for them, and what a flag is then about."""

    def before_expiry(each: HandedIn) -> bool:
        return each.last_day - timedelta(days=policy.burst_days) < each.on

    def before_year_end(each: HandedIn) -> bool:
        end = date(each.on.year, 12, 31)
        return end - timedelta(days=policy.burst_days) < each.on

    yield EXPIRY, before_expiry, f"{EXPIRY}:{claim.last_day.isoformat()}"
    yield YEAR_END, before_year_end, f"{YEAR_END}:{claim.on.year}"


def _crowded(
    deadline: str,
    about: str,
    claim: HandedIn,
    everything: Sequence[HandedIn],
    is_late: Callable[[HandedIn], bool],
    policy: AbusePolicy,
) -> Iterator[Found]:
    late = [each for each in everything if is_late(each)]
    # A stretch of burst_days days counts both its ends.
    chosen = max(windows(late, around=claim.on, days=policy.burst_days - 1, day_of=_on), key=len)
    begins = min(each.on for each in chosen)
    usual_from = begins - timedelta(days=policy.burst_usual_days)
    before = sum(usual_from <= each.on < begins for each in everything)
    usual = Decimal(before * policy.burst_days) / policy.burst_usual_days
    if len(chosen) < policy.burst_claims or len(chosen) < usual * policy.burst_ratio:
        return
    yield Found(
        FlagKind.BURST,
        about,
        {
            "deadline": deadline,
            "claims": len(chosen),
            "from": begins.isoformat(),
            "to": max(each.on for each in chosen).isoformat(),
            "days": policy.burst_days,
            "usual_claims": str(usual.quantize(_HUNDREDTHS)),
            "usual_days": policy.burst_usual_days,
            "limit_claims": policy.burst_claims,
            "limit_ratio": str(policy.burst_ratio),
        },
    )


def _on(claim: HandedIn) -> date:
    return claim.on
