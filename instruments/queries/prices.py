"""What a service costs as published today, and what a fiscally built provider states as its cost (V13, V14)."""

from __future__ import annotations

from dataclasses import dataclass

from core.db import session
from instruments.models import Service
from instruments.states import ServiceState


@dataclass(frozen=True)
class PublishedPrice:
    """Per unit, in fen. ``price_fen`` is None where the service is not offered any more; ``cost_fen`` where no cost
    is stated or the provider is none of the fiscal ones."""

    price_fen: int | None
    cost_fen: int | None
    cost_basis: str


def published_price(service_id: int) -> PublishedPrice:
    """The price of a service as it stands now."""
    service = session().get_one(Service, service_id, populate_existing=True)
    offered = service.state is ServiceState.PUBLISHED
    fiscal = service.provider.fiscal
    return PublishedPrice(
        price_fen=service.price_fen if offered else None,
        cost_fen=service.cost_fen if fiscal else None,
        cost_basis=service.cost_basis if fiscal else "",
    )
