"""What a service costs: unit price times quantity, rounded once, half up to the fen (ADR 0042)."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from core.errors import Reason, reason
from instruments.rules.terms import TIMED_UNITS, PriceUnit

HOUR_STEP = Decimal("0.01")
"""Machine time is billed in hundredths of an hour, begun ones counting as whole."""
_SECONDS_AN_HOUR = 3600
_SECONDS_A_DAY = 86_400
MAX_QUANTITY = Decimal(1_000_000)


def price(unit_price_fen: int, quantity: Decimal) -> int:
    """``unit_price_fen`` × ``quantity`` in fen, rounded half up; also for the actual quantity at completion."""
    return int((unit_price_fen * quantity).to_integral_value(ROUND_HALF_UP))


def slot_quantity(unit: PriceUnit, length: timedelta) -> Decimal:
    """How many units a slot holds: hundredths of an hour begun, or days of 24 hours begun."""
    seconds = Decimal(int(length.total_seconds()))
    if unit is PriceUnit.HOUR:
        return (seconds / _SECONDS_AN_HOUR).quantize(HOUR_STEP, ROUND_CEILING)
    if unit is PriceUnit.DAY:
        return (seconds / _SECONDS_A_DAY).to_integral_value(ROUND_CEILING)
    raise ValueError(f"{unit} is not priced by time")


def quantity_faults(unit: PriceUnit, quantity: Decimal) -> list[Reason]:
    """Every fault of a stated quantity: above zero, not beyond reason, whole unless it is time."""
    faults: list[Reason] = []
    if not 0 < quantity <= MAX_QUANTITY:
        faults.append(reason("service_quantity_out_of_range", field="quantity", limit=MAX_QUANTITY))
    if unit not in TIMED_UNITS and quantity != quantity.to_integral_value():
        faults.append(reason("service_quantity_not_whole", field="quantity"))
    return faults
