"""Extras of a published service: offering them, pricing them from a day on, and taking an announced price back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any

from core import audit, clock
from core.db import transaction
from core.errors import Refused, reason, refuse_all
from core.kinds import ExtraKind
from core.permissions import Actor, authorise
from core.states import state_refusal
from instruments.models import ExtraPrice, Service, ServiceExtra
from instruments.permissions import may_manage
from instruments.queries.extras import count_extras, find_extra, find_extra_price
from instruments.queries.instruments import find_service
from instruments.rules.extras import MOST_EXTRAS, ExtraPriceFacts, extra_price_faults
from instruments.service.prices import PriceBegun
from instruments.states import SERVICE, ServiceState

TERMS = tuple(each.name for each in fields(ExtraPriceFacts))


class ExtraRefused(Refused):
    """What is said about an extra or its price has faults; all are named."""

    code = "extra_refused"


def add_extra(
    *,
    service_id: int,
    title: str,
    unit: str,
    kind: ExtraKind,
    terms: Mapping[str, Any],
    valid_from: date | None,
    actor: Actor,
    now: datetime,
) -> ServiceExtra:
    """Publish an extra of a published service with its first price, from today or a later day on (V14).

    Raises :class:`ExtraRefused` with every fault, and StateForbids where the service is not published.
    """
    with transaction() as session:
        service = _published(service_id, actor=actor)
        since = valid_from or clock.today(now)
        facts = ExtraPriceFacts(**{"price_fen": None, **terms})
        faults = extra_price_faults(facts, valid_from=since, today=clock.today(now), is_fiscal=service.provider.fiscal)
        if facts.price_fen is None and not any(each.field == "price_fen" for each in faults):
            faults.append(reason("extra_price_missing", article="V14", field="price_fen"))
        if count_extras(service_id) >= MOST_EXTRAS:
            faults.append(reason("extras_too_many", field="title", most=MOST_EXTRAS))
        refuse_all(faults, error=ExtraRefused)
        extra = ServiceExtra(
            service_id=service_id, title=title, unit=unit, kind=kind, created_by=actor.user_id, created_at=now
        )
        session.add(extra)
        version = _version(facts, since, actor=actor, now=now)
        extra.versions.append(version)
        session.flush()
        audit.record(actor=actor, now=now, action="add_extra", subject=service, data=_said(extra, version))
        return extra


def price_extra(
    *, service_id: int, extra_id: int, terms: Mapping[str, Any], valid_from: date | None, actor: Actor, now: datetime
) -> ExtraPrice:
    """Publish what an extra costs from today or a later day on; without a price it is not offered from then on.

    Raises :class:`ExtraRefused` with every fault, ExtraMissing, and StateForbids where the service is not published.
    """
    with transaction() as session:
        service = _published(service_id, actor=actor)
        extra = find_extra(service_id, extra_id)
        since, facts = valid_from or clock.today(now), ExtraPriceFacts(**{"price_fen": None, **terms})
        faults = extra_price_faults(facts, valid_from=since, today=clock.today(now), is_fiscal=service.provider.fiscal)
        refuse_all(faults, error=ExtraRefused)
        version = _version(facts, since, actor=actor, now=now)
        extra.versions.append(version)
        session.flush()
        audit.record(actor=actor, now=now, action="price_extra", subject=service, data=_said(extra, version))
        return version


def withdraw_extra_price(*, service_id: int, extra_id: int, price_id: int, actor: Actor, now: datetime) -> ExtraPrice:
    """Take back what was announced and has not begun; it stays in the history. Raises PriceBegun and ExtraMissing."""
    with transaction():
        service = find_service(service_id, actor=actor, lock=True)
        authorise(actor, may_manage, service)
        extra = find_extra(service_id, extra_id)
        version = find_extra_price(extra, price_id)
        if version.valid_from <= clock.today(now):
            raise PriceBegun
        if version.withdrawn_at is None:
            version.withdrawn_by, version.withdrawn_at = actor.user_id, now
            data = _said(extra, version)
            audit.record(actor=actor, now=now, action="withdraw_extra_price", subject=service, data=data)
        return version


def _published(service_id: int, *, actor: Actor) -> Service:
    service = find_service(service_id, actor=actor, lock=True)
    authorise(actor, may_manage, service)
    if service.state is not ServiceState.PUBLISHED:
        raise state_refusal(service.state, "price_extra", transitions=SERVICE)
    return service


def _version(facts: ExtraPriceFacts, since: date, *, actor: Actor, now: datetime) -> ExtraPrice:
    return ExtraPrice(valid_from=since, set_by=actor.user_id, set_at=now, **asdict(facts))


def _said(extra: ServiceExtra, version: ExtraPrice) -> dict[str, Any]:
    told = {name: getattr(version, name) for name in TERMS}
    plain = {name: value for name, value in told.items() if value is not None and value != ""}
    return {"extra_id": extra.id, "title": extra.title, "valid_from": version.valid_from.isoformat(), **plain}
