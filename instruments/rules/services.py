"""What a provider must say before a service is offered (V14)."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import Reason, reason
from instruments.rules.terms import PriceUnit


@dataclass(frozen=True, kw_only=True)
class ServiceFacts:
    """The statements V14 asks for."""

    content: str
    process: str
    equipment: str
    price_fen: int | None
    price_unit: PriceUnit | None
    phone: str
    turnaround_days: int | None


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
