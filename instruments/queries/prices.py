"""What services cost, by day: the version in force, the published history, and what a fiscally built provider states
as its cost (V13, V14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ScalarSelect, Select, select
from sqlalchemy.orm import aliased

from core.db import session
from core.errors import NotFound
from instruments.models import Service, ServicePrice
from instruments.rules.pricing import group_price
from instruments.rules.terms import PriceGroup
from instruments.states import ServiceState


class PriceMissing(NotFound):
    """The service has no such price."""

    code = "price_missing"


@dataclass(frozen=True)
class PublishedPrice:
    """Per unit, in fen. ``price_fen`` is None where the service is not offered any more or negotiated; ``cost_fen``
    where no cost is stated or the provider is none of the fiscal ones."""

    price_fen: int | None
    cost_fen: int | None
    cost_basis: str


def in_force_on(service: Any, on: Any) -> ScalarSelect[int]:
    """The id of the version of a service that holds on a day, as a part of a statement; both may be columns, of
    whichever statement around it."""
    version = aliased(ServicePrice)
    return (
        select(version.id)
        .where(version.service_id == service, version.withdrawn_at.is_(None), version.valid_from <= on)
        .order_by(version.valid_from.desc(), version.id.desc())
        .limit(1)
        .correlate_except(version)
        .scalar_subquery()
    )


def price_on(service_id: int, on: date) -> ServicePrice | None:
    """The version that holds on a day, whatever the state of the service; None where it was never published."""
    return session().scalar(select(ServicePrice).where(ServicePrice.id == in_force_on(service_id, on)))


def prices_of(service_id: int) -> Select[tuple[ServicePrice]]:
    """Every version ever published or announced; those that were withdrawn say so."""
    return select(ServicePrice).where(ServicePrice.service_id == service_id)


def announced(service_id: int, *, after: date) -> list[ServicePrice]:
    """The versions that begin after a day, the next one first."""
    found = prices_of(service_id).where(ServicePrice.valid_from > after, ServicePrice.withdrawn_at.is_(None))
    return list(session().scalars(found.order_by(ServicePrice.valid_from, ServicePrice.id)))


def find_price(service_id: int, price_id: int) -> ServicePrice:
    """One version of a service; raises :class:`PriceMissing`."""
    found = session().scalar(prices_of(service_id).where(ServicePrice.id == price_id))
    if found is None:
        raise PriceMissing
    return found


def published_price(service_id: int, *, group: PriceGroup, on: date) -> PublishedPrice:
    """What a group pays for a unit on a day."""
    service = session().get_one(Service, service_id, populate_existing=True)
    version = price_on(service_id, on) if service.state is ServiceState.PUBLISHED else None
    fiscal = service.provider.fiscal
    stated = service if version is None else version
    return PublishedPrice(
        price_fen=None if version is None else price_for(version, group),
        cost_fen=stated.cost_fen if fiscal else None,
        cost_basis=stated.cost_basis if fiscal else "",
    )


def price_for(version: ServicePrice, group: PriceGroup) -> int | None:
    """What a unit costs a group by a version, in fen; None where that is by negotiation."""
    if version.price_fen is None:
        return None
    _, unit_price_fen = group_price(
        price_fen=version.price_fen,
        own_price_fen=version.own_price_fen,
        outside_price_fen=version.outside_price_fen,
        is_own=group is PriceGroup.OWN,
        is_outside=group is PriceGroup.OUTSIDE,
    )
    return unit_price_fen
