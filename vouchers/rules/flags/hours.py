"""Claimed hours beside those that were booked and, where there is a sensor, logged."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from vouchers.rules.flags.kinds import FlagKind, Found
from vouchers.rules.flags.policy import AbusePolicy


@dataclass(frozen=True)
class HoursSeen:
    """Hours a service was charged for, booked and logged; None where there are none of them."""

    charged: Decimal | None
    booked: Decimal | None
    logged: Decimal | None = None


def hours_flags(seen: HoursSeen, *, policy: AbusePolicy) -> list[Found]:
    """More hours charged than the policy allows over the booked or over the logged ones."""
    if seen.charged is None:
        return []
    references = {"booked": seen.booked, "logged": seen.logged}
    beyond = [
        name for name, hours in references.items() if hours is not None and seen.charged > hours * policy.hours_ratio
    ]
    if not beyond:
        return []
    evidence = {
        "charged": str(seen.charged),
        **{name: None if hours is None else str(hours) for name, hours in references.items()},
        "beyond": beyond,
        "limit_ratio": str(policy.hours_ratio),
    }
    return [Found(FlagKind.HOURS_DEVIATION, f"{seen.charged}:{seen.booked}:{seen.logged}", evidence)]
