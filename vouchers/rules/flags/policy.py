"""The figures of the flags, read from the policy pack. No decision about entitlement rests on them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from core.policy import Edition
from vouchers.rules.flags.kinds import FlagKind


@dataclass(frozen=True)
class AbusePolicy:
    """From which figures on something is flagged; each stands with its unit in the pack."""

    finding_needed: frozenset[FlagKind]
    """Flags without whose finding a claim is not approved."""
    split_orders: int
    split_within_days: int
    split_title_likeness: Decimal
    split_price_ratio: Decimal
    split_watched_fen: int
    price_ratio: Decimal
    price_sample: int
    price_sample_min: int
    hours_ratio: Decimal
    completion_days: int
    burst_days: int
    burst_claims: int
    burst_ratio: Decimal
    burst_usual_days: int


@cache
def read(edition: Edition) -> AbusePolicy:
    """The typed figures of an edition; raises core.policy.PolicyMissing or ValueError for a pack it cannot use."""
    return AbusePolicy(
        finding_needed=frozenset(map(FlagKind, edition["abuse.finding_needed"])),
        split_orders=edition["abuse.split_orders"],
        split_within_days=edition["abuse.split_within_days"],
        split_title_likeness=Decimal(edition["abuse.split_title_likeness"]),
        split_price_ratio=Decimal(edition["abuse.split_price_ratio"]),
        split_watched_fen=edition["abuse.split_watched_fen"],
        price_ratio=Decimal(edition["abuse.price_ratio"]),
        price_sample=edition["abuse.price_sample"],
        price_sample_min=edition["abuse.price_sample_min"],
        hours_ratio=Decimal(edition["abuse.hours_ratio"]),
        completion_days=edition["abuse.completion_days"],
        burst_days=edition["abuse.burst_days"],
        burst_claims=edition["abuse.burst_claims"],
        burst_ratio=Decimal(edition["abuse.burst_ratio"]),
        burst_usual_days=edition["abuse.burst_usual_days"],
    )
