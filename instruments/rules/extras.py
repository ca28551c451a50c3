"""What is ordered with a service: extras and consumables at published prices (V13, V14)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.errors import Reason, reason
from core.kinds import ExtraKind
from instruments.rules.services import AT_COST, above_cost, zero_faults
from instruments.rules.terms import PriceGroup

MOST_EXTRAS = 50
"""Of one service."""
MOST_FEN = 10**10
"""Of a unit of an extra, so that any order can be summed up."""
FIELD = "extras"


@dataclass(frozen=True, slots=True)
class WantedExtra:
    """So much of an extra is wanted."""

    extra_id: int
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedExtra:
    """An extra at the price of a day: ``price_id`` is the version, ``price_group`` whose price of it a unit is at. A
    line of an agreed price has neither, and ``extra_id`` is its number there."""

    extra_id: int
    price_id: int | None
    title: str
    unit: str
    kind: ExtraKind
    price_group: PriceGroup | None
    unit_price_fen: int
    quantity: Decimal
    sum_fen: int


@dataclass(frozen=True, kw_only=True)
class ExtraPriceFacts:
    """What a unit costs whom in fen, and by which document it costs a fiscally built provider what; without
    ``price_fen`` the extra is not offered any more."""

    price_fen: int | None
    own_price_fen: int | None = None
    outside_price_fen: int | None = None
    cost_fen: int | None = None
    cost_basis: str = ""

    @property
    def sums(self) -> Mapping[str, int | None]:
        """Each price by its name."""
        return {
            "price_fen": self.price_fen,
            "own_price_fen": self.own_price_fen,
            "outside_price_fen": self.outside_price_fen,
        }


def extra_price_faults(facts: ExtraPriceFacts, *, valid_from: date, today: date, is_fiscal: bool) -> list[Reason]:
    """Every fault of a price: in the past or nothing at all (V14), for groups only, above cost or without it (V13)."""
    faults = zero_faults(facts.sums)
    if valid_from < today:
        faults.append(reason("extra_price_past", article="V14", field="valid_from"))
    if facts.price_fen is None:
        said = (facts.own_price_fen, facts.outside_price_fen, facts.cost_fen)
        if any(fen is not None for fen in said):
            faults.append(reason("extra_price_missing", article="V14", field="price_fen"))
        return faults
    return [*faults, *_cost_faults(facts, is_fiscal=is_fiscal)]


def _cost_faults(facts: ExtraPriceFacts, *, is_fiscal: bool) -> Iterable[Reason]:
    if facts.cost_fen is not None and not facts.cost_basis.strip():
        yield reason("service_cost_basis_missing", article=AT_COST, field="cost_basis")
    if not is_fiscal:
        return
    if facts.cost_fen is None:
        yield reason("extra_cost_missing", article=AT_COST, field="cost_fen")
        return
    yield from above_cost(facts.sums, facts.cost_fen)


def wanted_faults(wanted: Sequence[WantedExtra], *, offered: Collection[int]) -> list[Reason]:
    """Every fault of what is wanted: named twice, or not among what is offered on that day."""
    counted = Counter(each.extra_id for each in wanted)
    twice = [reason("extra_twice", field=FIELD, extra=number) for number, times in counted.items() if times > 1]
    gone = [number for number in counted if number not in offered]
    return [*twice, *(reason("extra_not_offered", article="V14", field=FIELD, extra=number) for number in gone)]
