"""A price far from what the provider publishes or usually takes, or above the cost it states (V13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from typing import Any

from vouchers.rules.flags.kinds import FlagKind, Found
from vouchers.rules.flags.policy import AbusePolicy

_HUNDREDTHS = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class PriceSeen:
    """The price of one unit in fen beside what the provider publishes, usually takes and states as its cost.

    ``published_fen`` is the published price at completion, None where the service is not offered any more;
    ``usual_fen`` are the prices of its last completed services of that kind and unit, the latest first. ``cost_fen``
    is what a fiscally built provider states, None for others and where it states none.
    """

    unit_price_fen: int
    published_fen: int | None
    usual_fen: Sequence[int] = ()
    cost_fen: int | None = None
    cost_basis: str = ""


def price_flags(seen: PriceSeen, *, policy: AbusePolicy) -> list[Found]:
    """Far from the published price or from the usual one, upward or downward; and above the stated cost."""
    compared: dict[str, Any] = {}
    if seen.published_fen:
        compared["published"] = _against(seen.unit_price_fen, seen.published_fen)
    sample = seen.usual_fen[: policy.price_sample]
    if len(sample) >= policy.price_sample_min:
        middle = int(Decimal(str(median(sample))).to_integral_value(ROUND_HALF_UP))
        compared["usual"] = {**_against(seen.unit_price_fen, middle), "services": len(sample)}
    far = [
        name for name, each in compared.items() if is_far(seen.unit_price_fen, each["price_fen"], policy.price_ratio)
    ]
    found = []
    if far:
        evidence = {
            "unit_price_fen": seen.unit_price_fen,
            **compared,
            "far_from": far,
            "limit_ratio": str(policy.price_ratio),
        }
        about = ":".join(str(compared[name]["price_fen"]) for name in far)
        found.append(Found(FlagKind.PRICE_DEVIATION, f"{seen.unit_price_fen}:{about}", evidence))
    if seen.cost_fen is not None and seen.unit_price_fen > seen.cost_fen:
        evidence = {"unit_price_fen": seen.unit_price_fen, "cost_fen": seen.cost_fen, "cost_basis": seen.cost_basis}
        found.append(Found(FlagKind.PRICE_ABOVE_COST, f"{seen.unit_price_fen}:{seen.cost_fen}", evidence))
    return found


def is_far(price_fen: int, reference_fen: int, ratio: Decimal) -> bool:
    """Whether a price is more than ``ratio`` times the reference, or the reference more than that times the price."""
    return price_fen > reference_fen * ratio or reference_fen > price_fen * ratio


def _against(price_fen: int, reference_fen: int) -> dict[str, Any]:
    ratio = (Decimal(price_fen) / reference_fen).quantize(_HUNDREDTHS) if reference_fen else None
    return {"price_fen": reference_fen, "ratio": None if ratio is None else str(ratio)}
