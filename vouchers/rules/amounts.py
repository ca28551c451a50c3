"""How much: rate by place, entitlement of the base, the lesser of entitlement and room (V12)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from core.money import share
from vouchers.rules.policy import VoucherPolicy

CAP_LIMITED = "cap_limited"


@dataclass(frozen=True)
class Amounts:
    """How a fee splits. ``subsidy_fen + self_pay_fen`` is always the base."""

    entitlement_fen: int
    cap_room_fen: int
    subsidy_fen: int
    self_pay_fen: int
    cap_limited: bool


def rate_of(county: str, *, policy: VoucherPolicy) -> Decimal | None:
    """The subsidy rate of a beneficiary's place; None outside the province. It follows the user (V12)."""
    for rate, area in policy.subsidy_rates:
        if policy.places.lies_in(county, area):
            return rate
    return None


def room(cap_used_fen: int, *, policy: VoucherPolicy) -> int:
    """What is left of the yearly cap; use above the cap (merged groups) leaves none."""
    return max(0, policy.annual_cap_fen - cap_used_fen)


def split(base_fen: int, *, rate: Decimal | None, cap_room_fen: int) -> Amounts:
    """Split a fee; ``rate`` None means that there is no entitlement. Rounded down to the fen, once."""
    entitlement_fen = 0 if rate is None else share(base_fen, rate)
    subsidy_fen = min(entitlement_fen, cap_room_fen)
    return Amounts(
        entitlement_fen=entitlement_fen,
        cap_room_fen=cap_room_fen,
        subsidy_fen=subsidy_fen,
        self_pay_fen=base_fen - subsidy_fen,
        cap_limited=subsidy_fen < entitlement_fen,
    )


def reduced_subsidy(held_fen: int, *, actual_base_fen: int, rate: Decimal) -> int:
    """What is left of a held subsidy for the actual fee: it never rises (V12 hold)."""
    return min(held_fen, share(actual_base_fen, rate))
