"""What a reviewer must look at before a claim is approved: flags with their evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class FlagKind(StrEnum):
    """What a flag suspects. Facts that suspect nobody (a cap that cut the sum, old figures) are none of these."""

    ONE_WAY_HOLDING = "one_way_holding"
    MUTUAL_HOLDING = "mutual_holding"
    SUBSIDIARY = "subsidiary"
    CO_BUILT = "co_built"
    COMMON_CONTROL = "common_control"
    SHARED_PHONE = "shared_phone"
    SHARED_BANK_ACCOUNT = "shared_bank_account"
    SHARED_ADDRESS = "shared_address"
    SPLIT_ORDERS = "split_orders"
    PRICE_DEVIATION = "price_deviation"
    PRICE_ABOVE_COST = "price_above_cost"
    HOURS_DEVIATION = "hours_deviation"
    LATE_COMPLETION = "late_completion"
    SAME_DOCUMENT = "same_document"
    BURST = "burst"
    INVOICE_DIFFERS = "invoice_differs"


@dataclass(frozen=True)
class Found:
    """One suspicion. ``about`` names what its evidence is about: the same thing is raised once, another one again."""

    kind: FlagKind
    about: str
    evidence: Mapping[str, Any]


def facts_only(flags: Iterable[str]) -> list[str]:
    """The flags that suspect nobody: what the parties of a claim may read of its flags."""
    suspicions = {kind.value for kind in FlagKind}
    return [flag for flag in flags if flag not in suspicions]
