"""A price in words: for whom, at least how much, and how hours are counted."""

from __future__ import annotations

from core.pages import term
from core.pages.language import t, yuan
from instruments.models import Service, ServicePrice
from instruments.rules.pricing import BILLING_STEPS

STEP = "billing_step_minutes"
"""The field that says how hours are rounded up."""


def price_words(priced: Service | ServicePrice) -> list[tuple[str, str]]:
    """What a unit costs whom, the least charge and the rounding, as labels and values; nothing that is not said."""
    if priced.price_unit is None:
        return []
    unit = term(priced.price_unit)
    per_unit = {
        "fact.unit_price": priced.price_fen,
        "fact.own_price": priced.own_price_fen,
        "fact.outside_price": priced.outside_price_fen,
    }
    said = [(label, t("price.per", price=yuan(fen), unit=unit)) for label, fen in per_unit.items() if fen is not None]
    if priced.minimum_charge_fen is not None:
        said.append(("fact.minimum_charge", yuan(priced.minimum_charge_fen)))
    step = step_words(priced.billing_step_minutes)
    return said if step is None else [*said, ("fact.billing_step", step)]


def step_words(minutes: int | None) -> str | None:
    """How begun hours are counted, where not in hundredths."""
    return None if minutes is None else t("price.step", minutes=minutes)


def step_options() -> list[tuple[str, str]]:
    """The choices of the field."""
    return [(str(minutes), t("price.step", minutes=minutes)) for minutes in BILLING_STEPS]
