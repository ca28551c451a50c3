"""What a service costs: unit price times quantity, rounded once, half up to the fen (ADR 0042), and not below what the
provider publishes as its least charge (ADR 0216)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from core.errors import Reason, reason
from core.money import yuan_text
from instruments.rules.terms import TIMED_UNITS, PriceGroup, PriceUnit

HOUR_STEP = Decimal("0.01")
"""Machine time is measured in hundredths of an hour, begun ones counting as whole."""
BILLING_STEPS = (6, 15, 30, 60)
"""Minutes to which a provider may round hours up; each is a whole number of hundredths of an hour."""
_MINUTES_AN_HOUR = 60
_SECONDS_AN_HOUR = 3600
_SECONDS_A_DAY = 86_400
MAX_QUANTITY = Decimal(1_000_000)
MOST_FEN = 10**15
"""Of an order, as of every sum the service takes in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """What one unit costs somebody, in fen; ``minimum_charge_fen`` is the least sum of an order, and begun steps of
    ``billing_step_minutes`` count as whole where time is priced by the hour. None: no such term."""

    unit_price_fen: int
    minimum_charge_fen: int | None = None
    billing_step_minutes: int | None = None

    def billed(self, quantity: Decimal) -> Decimal:
        """The quantity that is charged for: hours rounded up to whole steps, anything else as it is."""
        if self.billing_step_minutes is None:
            return quantity
        an_hour = _MINUTES_AN_HOUR // self.billing_step_minutes
        return (quantity * an_hour).to_integral_value(ROUND_CEILING) / an_hour

    def counted(self, quantity: Decimal) -> int:
        """What a quantity comes to by the unit price, in fen."""
        return price(self.unit_price_fen, self.billed(quantity))

    def is_least(self, quantity: Decimal) -> bool:
        """Whether a quantity comes to less than the least charge."""
        return self.counted(quantity) < (self.minimum_charge_fen or 0)

    def charge(self, quantity: Decimal) -> int:
        """What a quantity costs in fen; also the actual one at completion."""
        return max(self.counted(quantity), self.minimum_charge_fen or 0)


def price(unit_price_fen: int, quantity: Decimal) -> int:
    """``unit_price_fen`` × ``quantity`` in fen, rounded half up."""
    return int((unit_price_fen * quantity).to_integral_value(ROUND_HALF_UP))


def group_price(
    *, price_fen: int, own_price_fen: int | None, outside_price_fen: int | None, is_own: bool, is_outside: bool
) -> tuple[PriceGroup, int]:
    """Whose price a user takes, and what a unit costs by it in fen (ADR 0217).

    The provider's own come first; a group without a price of its own takes the one of the province, which is the one
    every service has.
    """
    if is_own and own_price_fen is not None:
        return PriceGroup.OWN, own_price_fen
    if is_outside and outside_price_fen is not None:
        return PriceGroup.OUTSIDE, outside_price_fen
    return PriceGroup.IN_PROVINCE, price_fen


def slot_quantity(unit: PriceUnit, length: timedelta) -> Decimal:
    """How many units a slot holds: hundredths of an hour begun, or days of 24 hours begun."""
    seconds = Decimal(int(length.total_seconds()))
    if unit is PriceUnit.HOUR:
        return (seconds / _SECONDS_AN_HOUR).quantize(HOUR_STEP, ROUND_CEILING)
    if unit is PriceUnit.DAY:
        return (seconds / _SECONDS_A_DAY).to_integral_value(ROUND_CEILING)
    raise ValueError(f"{unit} is not priced by time")


def sum_faults(price_fen: int) -> list[Reason]:
    """The fault of an order that comes to more than sums may be, whatever each of its prices and quantities is."""
    if price_fen <= MOST_FEN:
        return []
    return [reason("service_price_too_large", field="quantity", limit=yuan_text(MOST_FEN))]


def quantity_faults(unit: PriceUnit, quantity: Decimal) -> list[Reason]:
    """Every fault of a stated quantity: above zero, not beyond reason, whole unless it is time."""
    faults: list[Reason] = []
    if not 0 < quantity <= MAX_QUANTITY:
        faults.append(reason("service_quantity_out_of_range", field="quantity", limit=MAX_QUANTITY))
    if unit not in TIMED_UNITS and quantity != quantity.to_integral_value():
        faults.append(reason("service_quantity_not_whole", field="quantity"))
    return faults
