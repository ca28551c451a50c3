"""Writing versions of prices, and bringing services up to the version of a day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, and_, insert, literal, select, update
from sqlalchemy.orm import aliased

from core import clock
from core.db import require_transaction
from core.permissions import Actor
from core.types import UTC
from instruments.models import PRICE_TERMS, Service, ServicePrice
from instruments.queries.prices import in_force_on
from instruments.states import ServiceState


def keep_prices(service_ids: Collection[int], *, actor: Actor, now: datetime) -> None:
    """Write what published services say they cost as versions of today, where no such version is in force already.
    Needs a transaction."""
    current, today = require_transaction(), clock.today(now)
    current.flush()
    wanted = (Service.id.in_(service_ids), Service.state == ServiceState.PUBLISHED)
    current.execute(update(Service).where(*wanted).values(priced_on=today))
    told = [getattr(Service, name) for name in PRICE_TERMS]
    found = select(Service.id, literal(today), *told, literal(actor.user_id), literal(now, UTC))
    columns = ["service_id", "valid_from", *PRICE_TERMS, "set_by", "set_at"]
    current.execute(insert(ServicePrice).from_select(columns, found.where(*wanted, ~_is_in_force(today))))


def begin_prices(*, on: date, service_id: int | None = None, provider_id: int | None = None) -> int:
    """Bring published services up to the version that holds on a day, all of them or some; how many changed. Needs a
    transaction."""
    changes = update(Service).where(
        Service.state == ServiceState.PUBLISHED,
        _has_begun(on),
        ServicePrice.service_id == Service.id,
        ServicePrice.id == in_force_on(Service.id, on),
    )
    if service_id is not None:
        changes = changes.where(Service.id == service_id)
    if provider_id is not None:
        changes = changes.where(Service.provider_id == provider_id)
    values: dict[Any, Any] = {name: getattr(ServicePrice, name) for name in PRICE_TERMS}
    done = require_transaction().execute(
        changes.values({**values, "priced_on": on}), execution_options={"synchronize_session": "fetch"}
    )
    return done.rowcount if isinstance(done, CursorResult) else 0


def _is_in_force(on: date) -> ColumnElement[bool]:
    """The version in force says what the service says."""
    version = aliased(ServicePrice)
    alike = (getattr(version, name).is_not_distinct_from(getattr(Service, name)) for name in PRICE_TERMS)
    return select(version.id).where(version.id == in_force_on(Service.id, on), and_(*alike)).exists()


def _has_begun(on: date) -> ColumnElement[bool]:
    version = aliased(ServicePrice)
    return (
        select(version.id)
        .where(
            version.service_id == Service.id,
            version.withdrawn_at.is_(None),
            version.valid_from > Service.priced_on,
            version.valid_from <= on,
        )
        .exists()
    )
