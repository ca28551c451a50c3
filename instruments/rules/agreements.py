"""A price that a provider and a user agreed on, where a service is priced by negotiation (ADR 0237)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from instruments.rules.extras import OfferedExtra
from instruments.rules.pricing import Tariff
from instruments.rules.terms import PriceUnit


@dataclass(frozen=True, kw_only=True)
class AgreedPrice:
    """What takes the place of a published price: so many units at the price of one, further lines, and by when it is
    done in working days."""

    price_unit: PriceUnit
    quantity: Decimal
    tariff: Tariff
    extras: tuple[OfferedExtra, ...]
    turnaround_days: int
