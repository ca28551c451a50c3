"""What a provider must say before a service is offered (V14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from core.errors import Reason, reason
from core.money import yuan_text
from instruments.rules.terms import PriceStanding, PriceUnit

AT_COST = "V13"


@dataclass(frozen=True, kw_only=True)
class PriceFacts:
    """What a unit costs users of the province in fen, and where that differs the provider's own and users from outside;
    the least charge of an order; the minutes to which begun hours are rounded up; the terms of cancellations. Where the
    price is by negotiation there are no sums, but what the provider offers to each request (ADR 0237)."""

    price_fen: int | None
    price_unit: PriceUnit | None
    own_price_fen: int | None = None
    outside_price_fen: int | None = None
    minimum_charge_fen: int | None = None
    billing_step_minutes: int | None = None
    free_cancellation_hours: int | None = None
    late_cancellation_percent: int | None = None
    no_show_percent: int | None = None
    by_negotiation: bool = False

    @property
    def sums(self) -> dict[str, int | None]:
        """Each sum by its name."""
        return {
            "price_fen": self.price_fen,
            "own_price_fen": self.own_price_fen,
            "outside_price_fen": self.outside_price_fen,
            "minimum_charge_fen": self.minimum_charge_fen,
        }


@dataclass(frozen=True, kw_only=True)
class ServiceFacts(PriceFacts):
    """The statements V14 asks for, and for a fiscally built provider what a unit costs it and by which document."""

    content: str
    process: str
    equipment: str
    phone: str
    turnaround_days: int | None
    is_fiscal: bool = False
    cost_fen: int | None = None
    cost_basis: str = ""


def missing_for_publication(facts: ServiceFacts) -> list[Reason]:
    """Everything V14 asks for and the service does not say, at once."""
    said = {
        "content": facts.content,
        "process": facts.process,
        "equipment": facts.equipment,
        "price_fen": facts.price_fen,
        "price_unit": facts.price_unit,
        "phone": facts.phone,
        "turnaround_days": facts.turnaround_days,
    }
    if facts.by_negotiation:
        said = {name: value for name, value in said.items() if name not in ("price_fen", "price_unit")}
    return [reason(f"service_{name}_missing", article="V14", field=name) for name, value in said.items() if not value]


def price_faults(facts: PriceFacts) -> list[Reason]:
    """What no price may be: nothing at all or said beside that it is negotiated (V14), or rounded to steps of an hour
    where hours are not what is sold."""
    faults = zero_faults(facts.sums)
    if facts.by_negotiation:
        said = {**facts.sums, "price_unit": facts.price_unit, "billing_step_minutes": facts.billing_step_minutes}
        told = [name for name, value in said.items() if value is not None]
        faults += [reason("service_price_negotiated", article="V14", field=name) for name in told]
    elif facts.billing_step_minutes is not None and facts.price_unit is not PriceUnit.HOUR:
        faults.append(reason("service_step_without_hours", field="billing_step_minutes"))
    pair = ("free_cancellation_hours", "late_cancellation_percent")
    missing = [name for name in pair if getattr(facts, name) is None]
    if len(missing) == 1:
        faults.append(reason("service_cancellation_incomplete", field=missing[0]))
    return faults


def cost_faults(facts: ServiceFacts) -> list[Reason]:
    """What V13 refuses: a fiscally built provider's price above its stated cost, whoever pays it; D: a least charge
    above the cost of one unit too.

    A cost that is not stated refuses nothing; it is a defect to mend, as no price list from outside says it.
    """
    if not facts.is_fiscal or facts.cost_fen is None:
        return []
    return above_cost(facts.sums, facts.cost_fen)


def zero_faults(sums: Mapping[str, int | None]) -> list[Reason]:
    """Each sum that is nothing at all, which no price may be (V14)."""
    return [reason("service_price_zero", article="V14", field=name) for name, fen in sums.items() if fen == 0]


def above_cost(sums: Mapping[str, int | None], cost_fen: int) -> list[Reason]:
    """Each sum above what a unit costs a fiscally built provider (V13)."""
    return [
        reason("service_price_above_cost", article=AT_COST, field=name, cost=yuan_text(cost_fen))
        for name, fen in sums.items()
        if fen is not None and fen > cost_fen
    ]


def imported_price_faults(told: Mapping[str, Any], *, is_fiscal: bool) -> list[Reason]:
    """What a published service may not cost after a row of a price list; ``told`` are its columns then."""
    facts = ServiceFacts(
        **{each.name: told[each.name] for each in fields(ServiceFacts) if each.name in told},
        is_fiscal=is_fiscal,
    )
    return [*price_faults(facts), *cost_faults(facts)]


def cost_is_missing(facts: ServiceFacts) -> bool:
    """Whether a fiscally built provider still has to state what a unit costs it (V13)."""
    return facts.is_fiscal and facts.cost_fen is None and not facts.by_negotiation


def price_standing(valid_from: date, *, is_withdrawn: bool, is_held: bool, today: date) -> PriceStanding:
    """How a version of a price stands today; ``is_held`` is the one in force."""
    if is_withdrawn:
        return PriceStanding.WITHDRAWN
    if is_held:
        return PriceStanding.IN_FORCE
    return PriceStanding.ANNOUNCED if valid_from > today else PriceStanding.OVER
