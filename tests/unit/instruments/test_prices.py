"""Tariffs: least charge, hours rounded up, prices of groups, and what no price may be (V13, V14)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from instruments.rules.pricing import Tariff, group_price
from instruments.rules.services import PriceFacts, ServiceFacts, cost_faults, price_faults, price_standing
from instruments.rules.terms import PriceGroup, PriceStanding, PriceUnit

TODAY = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("step", "quantity", "billed", "charge"),
    [
        (None, "1.67", "1.67", 83_500),
        (6, "1.67", "1.7", 85_000),
        (15, "1.67", "1.75", 87_500),
        (15, "1.75", "1.75", 87_500),
        (30, "1.67", "2", 100_000),
        (60, "1.01", "2", 100_000),
        (60, "2.00", "2", 100_000),
        (60, "0.01", "1", 60_000),
    ],
)
def test_hours_are_rounded_up_to_whole_steps_and_no_order_costs_less_than_the_least_charge(
    step: int | None, quantity: str, billed: str, charge: int
) -> None:
    """At CNY 500.00 an hour with a least charge of 600.00."""
    tariff = Tariff(unit_price_fen=50_000, minimum_charge_fen=60_000, billing_step_minutes=step)
    assert tariff.billed(Decimal(quantity)) == Decimal(billed)
    assert tariff.charge(Decimal(quantity)) == charge
    assert tariff.is_least(Decimal(quantity)) == (Decimal(billed) < Decimal("1.2"))


@pytest.mark.parametrize(
    ("own", "outside", "is_own", "is_outside", "expected"),
    [
        (800, 1200, False, False, (PriceGroup.IN_PROVINCE, 1000)),
        (800, 1200, True, False, (PriceGroup.OWN, 800)),
        (800, 1200, False, True, (PriceGroup.OUTSIDE, 1200)),
        (800, 1200, True, True, (PriceGroup.OWN, 800)),
        (None, 1200, True, False, (PriceGroup.IN_PROVINCE, 1000)),
        (800, None, False, True, (PriceGroup.IN_PROVINCE, 1000)),
    ],
)
def test_each_group_takes_its_own_price_or_the_one_of_the_province(
    own: int | None, outside: int | None, *, is_own: bool, is_outside: bool, expected: tuple[PriceGroup, int]
) -> None:
    """The provider's own come first."""
    found = group_price(
        price_fen=1000, own_price_fen=own, outside_price_fen=outside, is_own=is_own, is_outside=is_outside
    )
    assert found == expected


def test_v14_no_sum_of_a_price_is_zero_and_only_hours_are_rounded() -> None:
    """All at once."""
    facts = PriceFacts(
        price_fen=0,
        price_unit=PriceUnit.SAMPLE,
        own_price_fen=0,
        outside_price_fen=0,
        minimum_charge_fen=0,
        billing_step_minutes=30,
    )
    assert [(each.code, each.field) for each in price_faults(facts)] == [
        ("service_price_zero", "price_fen"),
        ("service_price_zero", "own_price_fen"),
        ("service_price_zero", "outside_price_fen"),
        ("service_price_zero", "minimum_charge_fen"),
        ("service_step_without_hours", "billing_step_minutes"),
    ]
    assert price_faults(PriceFacts(price_fen=None, price_unit=None)) == []
    assert price_faults(PriceFacts(price_fen=1, price_unit=PriceUnit.HOUR, billing_step_minutes=60)) == []


def test_v13_no_group_pays_a_fiscal_provider_more_than_its_cost() -> None:
    """Nor is its least charge above the cost of one unit."""
    said = {"content": "分析", "process": "送样", "equipment": "仪器", "phone": "1", "turnaround_days": 5}
    prices = {"price_fen": 1000, "own_price_fen": 800, "outside_price_fen": 1001, "minimum_charge_fen": 2000}
    facts = ServiceFacts(**said, **prices, price_unit=PriceUnit.HOUR, is_fiscal=True, cost_fen=1000)  # type: ignore[arg-type]
    assert [(each.field, each.article) for each in cost_faults(facts)] == [
        ("outside_price_fen", "V13"),
        ("minimum_charge_fen", "V13"),
    ]


@pytest.mark.parametrize(
    ("valid_from", "is_withdrawn", "is_held", "expected"),
    [
        (date(2026, 6, 2), False, False, PriceStanding.ANNOUNCED),
        (date(2026, 6, 2), True, False, PriceStanding.WITHDRAWN),
        (date(2026, 6, 1), False, True, PriceStanding.IN_FORCE),
        (date(2026, 6, 1), False, False, PriceStanding.OVER),
        (date(2026, 5, 1), False, False, PriceStanding.OVER),
    ],
)
def test_how_a_version_stands(valid_from: date, *, is_withdrawn: bool, is_held: bool, expected: PriceStanding) -> None:
    """By its day, and whether another one follows it."""
    assert price_standing(valid_from, is_withdrawn=is_withdrawn, is_held=is_held, today=TODAY) is expected
