"""Priced services: drafts, publication once V14 is met, withdrawal."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import errors as pg
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.queries import is_approved_member
from core import audit, clock
from core.db import transaction
from core.errors import Forbidden, Reason, Refused, reason, refuse_all
from core.permissions import Actor, authorise
from core.states import apply, state_refusal
from instruments.models import Instrument, Service
from instruments.permissions import may_manage, may_offer
from instruments.queries.instruments import find_service
from instruments.rules.merging import service_tokens
from instruments.rules.services import AT_COST, cost_faults, missing_for_publication, price_faults
from instruments.service.listings import ProviderNotMember
from instruments.states import SERVICE, ServiceState
from instruments.steps.describing import ExternalIdTaken
from instruments.steps.pricing import begin_prices, keep_prices
from instruments.steps.restrictions import require_unrestricted


class ServiceRefused(Refused):
    """What is said about the service has faults; all are named."""

    code = "service_refused"


class ServiceIncomplete(Refused):
    """The service may not be published; what V14 asks for and it does not say, and what V13 forbids, is named."""

    code = "service_incomplete"


def create_service(*, fields: Mapping[str, Any], instrument_ids: Sequence[int], actor: Actor, now: datetime) -> Service:
    """A draft of the actor's provider, tied to instruments of its own."""
    authorise(actor, may_offer)
    if actor.organisation_id is None:
        raise Forbidden
    with transaction() as session:
        service = Service(
            provider_id=actor.organisation_id,
            external_id=fields.get("external_id") or f"own-{secrets.token_hex(8)}",
            state=SERVICE.initial,
            created_at=now,
            **dict.fromkeys(("content", "process", "equipment", "standard", "cost_basis", "phone"), ""),
        )
        _write(session, service, fields, instrument_ids, now=now)
        session.add(service)
        _flush(session)
        audit.record(actor=actor, now=now, action="create", subject=service, to_state=service.state)
        return service


def update_service(
    *,
    service_id: int,
    changes: Mapping[str, Any],
    instrument_ids: Sequence[int] | None,
    actor: Actor,
    now: datetime,
) -> Service:
    """Change a service; a published one must stay complete. What it costs from today on becomes a version of its price;
    quotes keep the price they were given."""
    with transaction() as session:
        service = find_service(service_id, actor=actor, lock=True)
        authorise(actor, may_manage, service)
        begin_prices(on=clock.today(now), service_id=service_id)
        before = {name: _plain(getattr(service, name)) for name in changes}
        _write(session, service, changes, instrument_ids, now=now)
        if service.state is ServiceState.PUBLISHED:
            # Judged before anything is written: the database refuses what lacks something without naming all of it.
            with session.no_autoflush:
                refuse_all(_publication_faults(service), error=ServiceIncomplete)
        _flush(session)
        keep_prices([service_id], actor=actor, now=now)
        audit.record(actor=actor, now=now, action="update", subject=service, data={"before": before})
        return service


def publish_service(*, service_id: int, actor: Actor, now: datetime) -> Service:
    """Offer a service. Raises :class:`ServiceIncomplete` with everything missing at once (V14), a price above the
    stated cost of a fiscally built provider too (V13), and ``ProviderRestricted`` (V20)."""
    with transaction():
        service = find_service(service_id, actor=actor, lock=True)
        authorise(actor, may_manage, service)
        if not is_approved_member(service.provider_id, on=clock.today(now)):
            raise ProviderNotMember
        require_unrestricted(service.provider_id, now=now)
        if SERVICE.target(service.state, "publish") is None:
            raise state_refusal(service.state, "publish", transitions=SERVICE)
        refuse_all(_publication_faults(service), error=ServiceIncomplete)
        apply(service, "publish", transitions=SERVICE, actor=actor, now=now)
        keep_prices([service_id], actor=actor, now=now)
        return service


def withdraw_service(*, service_id: int, actor: Actor, now: datetime) -> Service:
    """Stop offering a service; orders placed before go on."""
    with transaction():
        service = find_service(service_id, actor=actor, lock=True)
        authorise(actor, may_manage, service)
        apply(service, "withdraw", transitions=SERVICE, actor=actor, now=now)
        return service


def _publication_faults(service: Service) -> list[Reason]:
    return [*missing_for_publication(service.facts), *cost_faults(service.facts)]


def _write(
    session: Session,
    service: Service,
    fields: Mapping[str, Any],
    instrument_ids: Sequence[int] | None,
    *,
    now: datetime,
) -> None:
    faults: list[Reason] = []
    if instrument_ids is not None:
        found = list(
            session.scalars(
                select(Instrument)
                .where(Instrument.id.in_(instrument_ids), Instrument.provider_id == service.provider_id)
                .order_by(Instrument.id)
            )
        )
        missing = sorted(set(instrument_ids) - {each.id for each in found})
        if missing:
            ids = ", ".join(map(str, missing))
            faults.append(reason("service_instruments_unknown", field="instrument_ids", ids=ids))
        service.instruments = found
    for name, value in fields.items():
        setattr(service, name, value)
    refuse_all([*faults, *price_faults(service.price_facts)], error=ServiceRefused)
    if service.cost_fen is not None and not service.cost_basis.strip():
        refuse_all([reason("service_cost_basis_missing", article=AT_COST, field="cost_basis")], error=ServiceRefused)
    searched = ("title", "content", "equipment", "standard")
    service.tokens = service_tokens({name: getattr(service, name) for name in searched})
    service.updated_at = now


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as violated:
        if isinstance(violated.orig, pg.UniqueViolation):
            raise ExternalIdTaken from violated
        raise


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, str | int) else str(value)
