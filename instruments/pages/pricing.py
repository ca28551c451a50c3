"""A price in words: for whom, at least how much, and how hours are counted."""

from __future__ import annotations

from typing import Any

from core.pages import term
from core.pages.language import t, yuan
from instruments.models import Service, ServicePrice
from instruments.rules.pricing import BILLING_STEPS

STEP = "billing_step_minutes"
"""The field that says how hours are rounded up."""


def price_words(priced: Service | ServicePrice) -> list[tuple[str, str]]:
    """What a unit costs whom, the least charge and the rounding, as labels and values; nothing that is not said."""
    if priced.by_negotiation:
        return [("fact.unit_price", t("price.by_negotiation")), *cancellation_words(priced)]
    if priced.price_unit is None or priced.price_fen is None:
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
    return [*said, *([] if step is None else [("fact.billing_step", step)]), *cancellation_words(priced)]


def unit_words(priced: Service | ServicePrice) -> str | None:
    """What the price buys, or that there is none but by negotiation."""
    if priced.by_negotiation:
        return t("price.negotiated")
    return None if priced.price_unit is None else term(priced.price_unit)


def cancellation_words(priced: Any) -> list[tuple[str, str]]:
    """What it costs to give a booking up late and not to come, by a service, a version of its price or a quote."""
    said = []
    if priced.free_cancellation_hours is not None:
        terms = {"hours": priced.free_cancellation_hours, "percent": priced.late_cancellation_percent}
        said.append(("fact.late_cancellation", t("price.late_cancellation", **terms)))
    if priced.no_show_percent is not None:
        said.append(("fact.no_show", t("price.no_show", percent=priced.no_show_percent)))
    return said


def step_words(minutes: int | None) -> str | None:
    """How begun hours are counted, where not in hundredths."""
    return None if minutes is None else t("price.step", minutes=minutes)


def step_options() -> list[tuple[str, str]]:
    """The choices of the field."""
    return [(str(minutes), t("price.step", minutes=minutes)) for minutes in BILLING_STEPS]
