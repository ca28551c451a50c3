"""Extras of services: what is offered on a day at which price, and every version there ever was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, any_, case, false, func, select
from sqlalchemy.orm import aliased

from accounts.queries.affiliation import belongs_to, sits_outside
from core.db import session
from core.errors import NotFound, Reason
from instruments.models import ExtraPrice, Service, ServiceExtra
from instruments.rules.extras import OfferedExtra, WantedExtra, wanted_faults
from instruments.rules.pricing import group_price, price


class ExtraMissing(NotFound):
    """The service has no such extra, or the extra no such price."""

    code = "extra_missing"


def where_priced(price_fen: Any, told: ColumnElement[bool]) -> ColumnElement[bool]:
    """Who belongs to a group is looked up only where that group has a price of its own."""
    return case((price_fen.is_(None), false()), else_=told)


def extras_wanted(service: Any, extra_ids: Any, *, organisation: Any, on: Any) -> Select[Any]:
    """Those of the wanted extras that a service offers on a day, with what a unit costs whom, as a part of a
    gathering; all but ``extra_ids``, an array, may be columns."""
    version = aliased(ExtraPrice)
    in_force = (
        select(version.id)
        .where(version.extra_id == ServiceExtra.id, version.withdrawn_at.is_(None), version.valid_from <= on)
        .order_by(version.valid_from.desc(), version.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(
            ServiceExtra.id,
            ServiceExtra.title,
            ServiceExtra.unit,
            ServiceExtra.kind,
            ExtraPrice.id.label("price_id"),
            ExtraPrice.price_fen,
            ExtraPrice.own_price_fen,
            ExtraPrice.outside_price_fen,
            where_priced(ExtraPrice.own_price_fen, belongs_to(organisation, Service.provider_id, on)).label("is_own"),
            where_priced(ExtraPrice.outside_price_fen, sits_outside(organisation, on)).label("is_outside"),
        )
        .join(Service, Service.id == ServiceExtra.service_id)
        .join(ExtraPrice, ExtraPrice.id == in_force)
        .where(
            ServiceExtra.service_id == service,
            ServiceExtra.id == any_(extra_ids),
            ExtraPrice.price_fen.is_not(None),
        )
    )


def priced_extras(
    wanted: Sequence[WantedExtra], found: Iterable[Any], faults: list[Reason]
) -> tuple[OfferedExtra, ...]:
    """What is wanted at the prices that :func:`extras_wanted` found, in the order asked; ``faults`` are added to."""
    known = {each.id: each for each in found}
    against = wanted_faults(wanted, offered=known)
    faults += against
    return () if against else tuple(_priced(known[each.extra_id], each) for each in wanted)


def _priced(found: Any, wanted: WantedExtra) -> OfferedExtra:
    group, unit_price_fen = group_price(
        price_fen=found.price_fen,
        own_price_fen=found.own_price_fen,
        outside_price_fen=found.outside_price_fen,
        is_own=found.is_own,
        is_outside=found.is_outside,
    )
    return OfferedExtra(
        extra_id=found.id,
        price_id=found.price_id,
        title=found.title,
        unit=found.unit,
        kind=found.kind,
        price_group=group,
        unit_price_fen=unit_price_fen,
        quantity=wanted.quantity,
        sum_fen=price(unit_price_fen, wanted.quantity),
    )


def extras_of(service_id: int) -> Select[tuple[ServiceExtra]]:
    """Every extra of a service, with all its prices."""
    return select(ServiceExtra).where(ServiceExtra.service_id == service_id)


def offered_extras(service_id: int, *, on: date) -> list[tuple[ServiceExtra, ExtraPrice]]:
    """What a service offers on a day with the price in force, the first entered first."""
    found = session().scalars(extras_of(service_id).order_by(ServiceExtra.id))
    priced = ((extra, price_in_force(extra, on)) for extra in found)
    return [(extra, held) for extra, held in priced if held is not None and held.price_fen is not None]


def price_in_force(extra: ServiceExtra, on: date) -> ExtraPrice | None:
    """The version that holds on a day."""
    begun = [each for each in extra.versions if each.withdrawn_at is None and each.valid_from <= on]
    return max(begun, key=lambda each: (each.valid_from, each.id), default=None)


def count_extras(service_id: int) -> int:
    """How many extras a service has, those no longer offered too."""
    found = select(func.count()).select_from(ServiceExtra).where(ServiceExtra.service_id == service_id)
    return session().scalar(found) or 0


def find_extra(service_id: int, extra_id: int) -> ServiceExtra:
    """One extra of a service; raises :class:`ExtraMissing`."""
    found = session().scalar(extras_of(service_id).where(ServiceExtra.id == extra_id))
    if found is None:
        raise ExtraMissing
    return found


def find_extra_price(extra: ServiceExtra, price_id: int) -> ExtraPrice:
    """One price of an extra; raises :class:`ExtraMissing`."""
    found = next((each for each in extra.versions if each.id == price_id), None)
    if found is None:
        raise ExtraMissing
    return found


def extra_prices(extra_id: int) -> Select[tuple[ExtraPrice]]:
    """Every price of an extra; those that were withdrawn say so."""
    return select(ExtraPrice).where(ExtraPrice.extra_id == extra_id)
