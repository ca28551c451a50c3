"""One job split into similar orders of the same pair, and what a single order would have met."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from core.kinds import ServiceKind
from vouchers.rules.flags.kinds import FlagKind, Found
from vouchers.rules.flags.policy import AbusePolicy
from vouchers.rules.flags.windows import windows


class Crossed(StrEnum):
    """What a single order would have met and the several do not."""

    WATCHED_SUM = "watched_sum"
    YEARLY_CAP = "yearly_cap"


@dataclass(frozen=True, kw_only=True)
class PairOrder:
    """An order of the pair. ``year`` is that of the cap it counts in, ``entitlement_fen`` the rate's share of it."""

    order_id: int
    placed_on: date
    title: str
    kind: ServiceKind
    price_unit: str
    unit_price_fen: int
    contract_fen: int
    entitlement_fen: int
    year: int

    def as_json(self) -> dict[str, Any]:
        """The order as evidence."""
        return {
            "order_id": self.order_id,
            "placed_on": self.placed_on.isoformat(),
            "title": self.title,
            "contract_fen": self.contract_fen,
            "year": self.year,
        }


def split_flags(
    order: PairOrder, others: Sequence[PairOrder], *, annual_cap_fen: int, policy: AbusePolicy
) -> list[Found]:
    """So many similar orders of the pair within the policy's days, whatever their sum.

    The evidence says what a single order would have met: a watched sum that each stays under and all together reach,
    or the cap of one year where the several use those of two.
    """
    alike = [order, *(each for each in others if is_similar(order, each, policy=policy))]
    stretches = windows(alike, around=order.placed_on, days=policy.split_within_days, day_of=_placed)
    chosen = max(stretches, key=lambda found: sum(each.contract_fen for each in found))
    if len(chosen) < policy.split_orders:
        return []
    ids = sorted(each.order_id for each in chosen)
    evidence = {
        "orders": [each.as_json() for each in sorted(chosen, key=lambda each: (each.placed_on, each.order_id))],
        "total_fen": sum(each.contract_fen for each in chosen),
        "entitlement_fen": sum(each.entitlement_fen for each in chosen),
        "within_days": policy.split_within_days,
        "limit_orders": policy.split_orders,
        "crossed": [each.value for each in _crossed(order, chosen, annual_cap_fen=annual_cap_fen, policy=policy)],
        "watched_fen": policy.split_watched_fen,
        "annual_cap_fen": annual_cap_fen,
    }
    return [Found(FlagKind.SPLIT_ORDERS, ",".join(map(str, ids)), evidence)]


def is_similar(one: PairOrder, other: PairOrder, *, policy: AbusePolicy) -> bool:
    """Whether two orders of a pair could be one job: same kind, a like title, a like price of the same unit."""
    if one.order_id == other.order_id or (one.kind, one.price_unit) != (other.kind, other.price_unit):
        return False
    dearer, cheaper = max(one.unit_price_fen, other.unit_price_fen), min(one.unit_price_fen, other.unit_price_fen)
    return likeness(one.title, other.title) >= policy.split_title_likeness and (
        dearer <= cheaper * policy.split_price_ratio
    )


def likeness(one: str, other: str) -> Decimal:
    """How much of two titles is the same, 0 to 1; blanks, case and numbers aside, as parts of a job are numbered."""
    return Decimal(str(SequenceMatcher(None, _plain(one), _plain(other), autojunk=False).ratio()))


def _plain(title: str) -> str:
    return "".join(character for character in title.casefold() if not (character.isspace() or character.isnumeric()))


def _placed(order: PairOrder) -> date:
    return order.placed_on


def _crossed(
    order: PairOrder, chosen: Sequence[PairOrder], *, annual_cap_fen: int, policy: AbusePolicy
) -> Iterator[Crossed]:
    under = [each.contract_fen for each in chosen if each.contract_fen < policy.split_watched_fen]
    if order.contract_fen < policy.split_watched_fen <= sum(under):
        yield Crossed.WATCHED_SUM
    by_year: defaultdict[int, int] = defaultdict(int)
    for each in chosen:
        by_year[each.year] += each.entitlement_fen
    if len(by_year) > 1 and max(by_year.values()) < sum(by_year.values()) and sum(by_year.values()) > annual_cap_fen:
        yield Crossed.YEARLY_CAP
