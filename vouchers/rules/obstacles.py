"""What supervision has against a party of an order: sanctions for misconduct, money that was not paid back (V21), and
what a provider is restricted in because it refused service (V20)."""

from __future__ import annotations

from collections.abc import Iterable

from core.errors import Reason, reason
from vouchers.rules.facts import Obstacle
from vouchers.rules.policy import VoucherPolicy

ARTICLE = "V21"
RESTRICTION = "V20"
_RESTRICTIONS = frozenset({Obstacle.PROVIDER_RESTRICTED, Obstacle.DEDUCTION_RESTRICTED})


def obstacle_faults(obstacles: Iterable[Obstacle], *, policy: VoucherPolicy) -> list[Reason]:
    """Why an order gets no voucher: those obstacles that the policy refuses."""
    return [
        reason(f"obstacle_{each}", article=RESTRICTION if each in _RESTRICTIONS else ARTICLE)
        for each in obstacles
        if each in policy.refused_obstacles
    ]
