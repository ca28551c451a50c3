"""A completion stated long after the delivery: the six months of V17 begin with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from vouchers.rules.flags.kinds import FlagKind, Found
from vouchers.rules.flags.policy import AbusePolicy


@dataclass(frozen=True)
class CompletionSeen:
    """When the service was delivered, None where no record says so, and the day of completion that was stated."""

    delivered_on: date | None
    completed_on: date


def completion_flags(seen: CompletionSeen, *, policy: AbusePolicy) -> list[Found]:
    """The delivery lies more than the policy's days before the completion."""
    if seen.delivered_on is None:
        return []
    days = (seen.completed_on - seen.delivered_on).days
    if days <= policy.completion_days:
        return []
    evidence = {
        "delivered_on": seen.delivered_on.isoformat(),
        "completed_on": seen.completed_on.isoformat(),
        "days": days,
        "limit_days": policy.completion_days,
    }
    return [Found(FlagKind.LATE_COMPLETION, f"{seen.delivered_on}:{seen.completed_on}", evidence)]
