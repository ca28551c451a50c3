"""What a provider must say before a service is offered (V14)."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import Reason, reason
from core.money import yuan_text
from instruments.rules.terms import PriceUnit

AT_COST = "V13"


@dataclass(frozen=True, kw_only=True)
class ServiceFacts:
    """The statements V14 asks for, and for a fiscally built provider what a unit costs it and by which document."""

    content: str
    process: str
    equipment: str
    price_fen: int | None
    price_unit: PriceUnit | None
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
    return [reason(f"service_{name}_missing", article="V14", field=name) for name, value in said.items() if not value]


def cost_faults(facts: ServiceFacts) -> list[Reason]:
    """What V13 refuses: a fiscally built provider's price above its stated cost.

    A cost that is not stated refuses nothing; it is a defect to mend, as no price list from outside says it.
    """
    if not facts.is_fiscal or facts.cost_fen is None or (facts.price_fen or 0) <= facts.cost_fen:
        return []
    return [reason("service_price_above_cost", article=AT_COST, field="price_fen", cost=yuan_text(facts.cost_fen))]


def cost_is_missing(facts: ServiceFacts) -> bool:
    """Whether a fiscally built provider still has to state what a unit costs it (V13)."""
    return facts.is_fiscal and facts.cost_fen is None
