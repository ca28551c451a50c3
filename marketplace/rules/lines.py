"""The lines that an order's sum consists of: the service, and each extra ordered with it (V12 base)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.kinds import ExtraKind
from instruments.rules.extras import OfferedExtra
from instruments.rules.pricing import price

SERVICE = "service"
"""The kind of the line that is no extra."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one thing costs. ``unit`` is a unit of the service's price or, of an extra, in the provider's words.

    ``price_id`` is the version of the price, ``price_group`` whose price of it a unit is at; older ones have neither.
    ``billed_quantity`` is what is charged for where hours are rounded up. ``counts`` says whether the line is part of
    the cost that a voucher shares; what does not is the user's own (V12 base).
    """

    kind: str
    extra_id: int | None
    price_id: int | None
    price_group: str | None
    title: str
    unit: str
    unit_price_fen: int
    quantity: Decimal
    billed_quantity: Decimal
    sum_fen: int
    counts: bool

    def as_json(self) -> dict[str, Any]:
        """The line as a service record keeps it, quantities as text."""
        return {
            "kind": self.kind,
            "title": self.title,
            "price_unit" if self.kind == SERVICE else "unit": self.unit,
            "unit_price_fen": self.unit_price_fen,
            "quantity": f"{self.quantity.normalize():f}",
            "sum_fen": self.sum_fen,
            "counts": self.counts,
        }


def kept_extras(extras: Iterable[OfferedExtra], *, counting: Collection[ExtraKind]) -> list[dict[str, Any]]:
    """Extras as a quote keeps them; ``counting`` are the kinds that the voucher shares the cost of."""
    return [
        {
            "extra_id": each.extra_id,
            "price_id": each.price_id,
            "price_group": None if each.price_group is None else each.price_group.value,
            "kind": each.kind.value,
            "title": each.title,
            "unit": each.unit,
            "unit_price_fen": each.unit_price_fen,
            "quantity": f"{each.quantity.normalize():f}",
            "sum_fen": each.sum_fen,
            "counts": each.kind in counting,
        }
        for each in extras
    ]


def agreed_extras(kept: Iterable[Mapping[str, Any]]) -> list[OfferedExtra]:
    """The further lines of an agreed price, which are told by their numbers, out of a quote or an offer."""
    return [
        OfferedExtra(
            extra_id=each["extra_id"],
            price_id=None,
            title=each["title"],
            unit=each["unit"],
            kind=ExtraKind(each["kind"]),
            price_group=None,
            unit_price_fen=each["unit_price_fen"],
            quantity=Decimal(each["quantity"]),
            sum_fen=each["sum_fen"],
        )
        for each in kept
    ]


def extra_lines(kept: Iterable[Mapping[str, Any]], *, actual: Mapping[str, str] | None = None) -> list[Line]:
    """The lines of kept extras as ordered, or for the quantities used, by the number of the extra."""
    return [_extra_line(each, actual) for each in kept]


def sum_fen(lines: Iterable[Line]) -> int:
    """What lines come to."""
    return sum(each.sum_fen for each in lines)


def counting_fen(lines: Iterable[Line]) -> int:
    """The part of it that a voucher shares."""
    return sum(each.sum_fen for each in lines if each.counts)


def same_prices(kept: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]) -> bool:
    """Whether extras cost and count today as they did in a quote."""
    told = ("extra_id", "unit_price_fen", "quantity", "counts")
    return [[each[name] for name in told] for each in kept] == [[each[name] for name in told] for each in found]


def _extra_line(kept: Mapping[str, Any], actual: Mapping[str, str] | None) -> Line:
    used = kept["quantity"] if actual is None else actual.get(str(kept["extra_id"]), kept["quantity"])
    quantity = Decimal(used)
    return Line(
        kind=kept["kind"],
        extra_id=kept["extra_id"],
        price_id=kept["price_id"],
        price_group=kept["price_group"],
        title=kept["title"],
        unit=kept["unit"],
        unit_price_fen=kept["unit_price_fen"],
        quantity=quantity,
        billed_quantity=quantity,
        sum_fen=price(kept["unit_price_fen"], quantity),
        counts=kept["counts"],
    )
