"""Prices announced ahead: published with the day from which they hold, withdrawn until that day begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from core import audit, clock
from core.db import transaction
from core.errors import Conflict, Reason, Refused, reason, refuse_all
from core.permissions import Actor, authorise
from core.states import StateForbids, state_refusal
from instruments.models import PRICE_TERMS, Service, ServicePrice
from instruments.permissions import may_manage
from instruments.queries.instruments import find_service
from instruments.queries.prices import find_price, price_on
from instruments.rules.services import AT_COST, cost_faults, missing_for_publication, price_faults
from instruments.states import SERVICE, ServiceState
from instruments.steps.pricing import begin_prices

__all__ = ["PriceBegun", "PriceRefused", "StateForbids", "announce_price", "begin_announced", "withdraw_price"]


class PriceRefused(Refused):
    """What is announced has faults; all are named."""

    code = "price_refused"


class PriceBegun(Conflict):
    """The price holds already or has held; the past never changes."""

    code = "price_begun"
    article = "V14"


def announce_price(
    *, service_id: int, valid_from: date, terms: Mapping[str, Any], actor: Actor, now: datetime
) -> ServicePrice:
    """Publish what a published service will cost from a later day on; what is left out of ``terms`` stays as it is then
    by what is announced already.

    Raises :class:`PriceRefused` with every fault, a price above the stated cost of a fiscally built provider too
    (V13), and StateForbids where the service is not published: what a draft costs is simply changed.
    """
    with transaction() as session:
        service = find_service(service_id, actor=actor, lock=True)
        authorise(actor, may_manage, service)
        if service.state is not ServiceState.PUBLISHED:
            raise state_refusal(service.state, "announce_price", transitions=SERVICE)
        before = price_on(service_id, valid_from)
        told = {**_terms(before or service), **terms}
        refuse_all(_faults(service, valid_from, told, now=now), error=PriceRefused)
        made = ServicePrice(service_id=service_id, valid_from=valid_from, set_by=actor.user_id, set_at=now, **told)
        session.add(made)
        session.flush()
        audit.record(actor=actor, now=now, action="announce_price", subject=service, data=_said(made))
        return made


def withdraw_price(*, service_id: int, price_id: int, actor: Actor, now: datetime) -> ServicePrice:
    """Take back what was announced and has not begun; it stays in the history. Raises :class:`PriceBegun`."""
    with transaction():
        service = find_service(service_id, actor=actor, lock=True)
        authorise(actor, may_manage, service)
        version = find_price(service_id, price_id)
        if version.valid_from <= clock.today(now):
            raise PriceBegun
        if version.withdrawn_at is None:
            version.withdrawn_by, version.withdrawn_at = actor.user_id, now
            audit.record(actor=actor, now=now, action="withdraw_price", subject=service, data=_said(version))
        return version


def begin_announced(*, now: datetime) -> int:
    """Show the announced prices that hold by today; how many services changed."""
    with transaction():
        return begin_prices(on=clock.today(now))


def _faults(service: Service, valid_from: date, told: Mapping[str, Any], *, now: datetime) -> list[Reason]:
    facts = replace(service.facts, **told)
    faults = [*missing_for_publication(facts), *price_faults(facts), *cost_faults(facts)]
    if valid_from <= clock.today(now):
        faults.append(reason("price_not_ahead", article="V14", field="valid_from"))
    if facts.cost_fen is not None and not facts.cost_basis.strip():
        faults.append(reason("service_cost_basis_missing", article=AT_COST, field="cost_basis"))
    return faults


def _said(version: ServicePrice) -> dict[str, Any]:
    plain = {name: value for name, value in _terms(version).items() if value not in (None, "") and value is not False}
    return {"price_id": version.id, "valid_from": version.valid_from.isoformat(), **plain}


def _terms(priced: Service | ServicePrice) -> dict[str, Any]:
    return {name: getattr(priced, name) for name in PRICE_TERMS}
