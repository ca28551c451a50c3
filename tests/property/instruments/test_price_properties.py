"""Tariffs for any price and quantity: whole steps, never less than before, never below the least charge."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from instruments.rules.pricing import BILLING_STEPS, Tariff, price

FEN = st.integers(min_value=1, max_value=10**9)
QUANTITIES = st.decimals(min_value=Decimal("0.01"), max_value=Decimal(10_000), places=2)
TARIFFS = st.builds(
    Tariff,
    unit_price_fen=FEN,
    minimum_charge_fen=st.none() | FEN,
    billing_step_minutes=st.none() | st.sampled_from(BILLING_STEPS),
)


@given(TARIFFS, QUANTITIES)
def test_what_is_charged_for_is_the_next_whole_step(tariff: Tariff, quantity: Decimal) -> None:
    """At least the quantity, less than a step more, and rounding it again changes nothing."""
    billed = tariff.billed(quantity)
    step = Decimal(tariff.billing_step_minutes or 0) / 60
    assert quantity <= billed
    assert billed == quantity or billed - quantity < step
    assert tariff.billed(billed) == billed
    assert step == 0 or billed % step == 0


@given(TARIFFS, QUANTITIES, QUANTITIES)
def test_more_never_costs_less(tariff: Tariff, one: Decimal, other: Decimal) -> None:
    """Nor is anything charged below the least charge, or above what a whole step and that come to."""
    less, more = sorted((one, other))
    assert tariff.charge(less) <= tariff.charge(more)
    least = tariff.minimum_charge_fen or 0
    assert tariff.charge(less) == max(least, price(tariff.unit_price_fen, tariff.billed(less)))
    assert tariff.charge(less) >= max(least, price(tariff.unit_price_fen, less))
