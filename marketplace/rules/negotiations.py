"""Prices by negotiation: what may be wrong with a request and with an offer to it (V13, V14, ADR 0237)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from core.errors import Reason, reason
from core.kinds import ExtraKind
from instruments.rules.pricing import Tariff, price, quantity_faults, sum_faults
from instruments.rules.services import AT_COST, above_cost, zero_faults
from instruments.rules.terms import PriceUnit

ARTICLE = "V14"


class OfferOutcome(StrEnum):
    """What became of an offer."""

    CHANGE_ASKED = "change_asked"
    TAKEN_BACK = "taken_back"
    EXPIRED = "expired"
    DECLINED = "declined"
    AGREED = "agreed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedLine:
    """What is offered beside the service itself: so many units of it, at so many fen each."""

    title: str
    kind: ExtraKind
    unit: str
    quantity: Decimal
    unit_price_fen: int

    @property
    def sum_fen(self) -> int:
        """What the line comes to, rounded half up once."""
        return price(self.unit_price_fen, self.quantity)


@dataclass(frozen=True, kw_only=True)
class OfferTerms:
    """What a provider offers: units of the service, further lines, by when it is done in working days, until which day
    the offer stands, and on what conditions. ``cost_fen`` is what all of it costs a fiscally built provider by the
    document ``cost_basis`` (V13)."""

    price_unit: PriceUnit
    quantity: Decimal
    unit_price_fen: int
    lines: Sequence[OfferedLine]
    turnaround_days: int
    valid_until: date
    conditions: str
    cost_fen: int | None
    cost_basis: str

    @property
    def price_fen(self) -> int:
        """What all of it comes to."""
        service = Tariff(unit_price_fen=self.unit_price_fen).charge(self.quantity)
        return service + sum(each.sum_fen for each in self.lines)


def request_faults(*, needed_from: date | None, needed_until: date | None, today: date) -> list[Reason]:
    """What is wrong with the dates of a request."""
    faults = []
    if needed_from is not None and needed_until is not None and needed_until < needed_from:
        faults.append(reason("negotiation_dates_reversed", field="needed_until"))
    if needed_until is not None and needed_until < today:
        faults.append(reason("negotiation_dates_over", field="needed_until"))
    return faults


def offer_faults(terms: OfferTerms, *, is_fiscal: bool, today: date) -> list[Reason]:
    """Every fault of an offer: past already or nothing at all (V14), more than sums can hold, and above what it costs a
    fiscally built provider, or without that cost (V13)."""
    faults = [
        *zero_faults({"unit_price_fen": terms.unit_price_fen}),
        *quantity_faults(terms.price_unit, terms.quantity),
    ]
    faults += sum_faults(terms.price_fen)
    if terms.valid_until < today:
        faults.append(reason("offer_valid_past", article=ARTICLE, field="valid_until"))
    if terms.cost_fen is not None and not terms.cost_basis.strip():
        faults.append(reason("service_cost_basis_missing", article=AT_COST, field="cost_basis"))
    if is_fiscal and terms.cost_fen is None:
        faults.append(reason("offer_cost_missing", article=AT_COST, field="cost_fen"))
    elif is_fiscal and terms.cost_fen is not None:
        faults += above_cost({"price_fen": terms.price_fen}, terms.cost_fen)
    return faults


def kept_lines(lines: Sequence[OfferedLine]) -> list[dict[str, Any]]:
    """The further lines as an offer keeps them, numbered from 1."""
    return [
        {
            "extra_id": number,
            "kind": each.kind.value,
            "title": each.title,
            "unit": each.unit,
            "unit_price_fen": each.unit_price_fen,
            "quantity": f"{each.quantity.normalize():f}",
            "sum_fen": each.sum_fen,
        }
        for number, each in enumerate(lines, start=1)
    ]
