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


def rate_of(county: str, *, provider_county: str | None = None, policy: VoucherPolicy) -> Decimal | None:
    """The subsidy rate by a beneficiary's place (V12) and, where the measure asks for it, its provider's.

    None outside the province, or where no rate fits.
    """
    places = policy.places
    for each in policy.subsidy_rates:
        if not places.lies_in(county, each.beneficiary_in):
            continue
        if each.provider_in is None or (provider_county and places.lies_in(provider_county, each.provider_in)):
            return each.rate
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
