"""Reads of single instruments, each actor seeing its own scope."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import joinedload

from accounts.models import Organisation
from accounts.permissions import Role
from accounts.queries import visible_organisations
from core.db import session
from core.errors import Forbidden, NotFound
from core.permissions import SYSTEM, Actor
from instruments.models import Instrument, Service
from instruments.states import ListingState, ServiceState


class InstrumentMissing(NotFound):
    """There is no such instrument for this actor."""

    code = "instrument_missing"


class ServiceMissing(NotFound):
    """There is no such service for this actor."""

    code = "service_missing"


def in_scope(actor: Actor) -> ColumnElement[bool]:
    """Instruments whose provider the actor may look into: owners their own, bureaus their city's (V6)."""
    if actor == SYSTEM:
        return Instrument.provider_id == Instrument.provider_id
    return Instrument.provider_id.in_(select(Organisation.id).where(visible_organisations(actor)))


def visible(actor: Actor) -> ColumnElement[bool]:
    """What a search shows by default: published ones, and to a provider its own in any state."""
    published = Instrument.state == ListingState.PUBLISHED
    if actor.role == Role.PROVIDER:
        return or_(published, Instrument.provider_id == actor.organisation_id)
    return published


def find_instrument(instrument_id: int, *, actor: Actor) -> Instrument:
    """The instrument if it is published or in the actor's scope; raises :class:`InstrumentMissing`."""
    found = session().scalar(
        select(Instrument)
        .where(Instrument.id == instrument_id, or_(visible(actor), in_scope(actor)))
        .options(joinedload(Instrument.provider))
    )
    if found is None:
        raise InstrumentMissing
    return found


def lock_instrument(instrument_id: int, *, actor: Actor) -> Instrument:
    """The instrument in the actor's scope, locked: whoever changes its listing, hours or bookings comes here first.

    Published ones of others are found too, so that a forbidden change answers 403 and not 404.
    """
    found = session().scalar(
        select(Instrument)
        .where(Instrument.id == instrument_id, or_(visible(actor), in_scope(actor)))
        .with_for_update(key_share=True, of=Instrument)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise InstrumentMissing
    return found


def own_provider(actor: Actor) -> int:
    """The provider for which the actor acts; raises ``Forbidden`` where he acts for nobody."""
    if actor.organisation_id is None:
        raise Forbidden
    return actor.organisation_id


def find_own_instrument(external_id: str, *, actor: Actor) -> Instrument:
    """An instrument of the actor's provider by the provider's own id; raises :class:`InstrumentMissing`."""
    found = session().scalar(_own(external_id, actor).options(joinedload(Instrument.provider)))
    if found is None:
        raise InstrumentMissing
    return found


def lock_own_instrument(external_id: str, *, actor: Actor) -> Instrument | None:
    """The same, locked; None where there is none."""
    locked = _own(external_id, actor).with_for_update(key_share=True, of=Instrument)
    return session().scalar(locked.execution_options(populate_existing=True))


def _own(external_id: str, actor: Actor) -> Select[tuple[Instrument]]:
    return select(Instrument).where(
        Instrument.provider_id == own_provider(actor), Instrument.external_id == external_id
    )


def services_in_scope(actor: Actor) -> ColumnElement[bool]:
    """Published services, and all of providers the actor may look into."""
    published = Service.state == ServiceState.PUBLISHED
    if actor == SYSTEM:
        return Service.provider_id == Service.provider_id
    return or_(published, Service.provider_id.in_(select(Organisation.id).where(visible_organisations(actor))))


def find_service(service_id: int, *, actor: Actor, lock: bool = False) -> Service:
    """The service if the actor may see it; raises :class:`ServiceMissing`."""
    found = select(Service).where(Service.id == service_id, services_in_scope(actor))
    if lock:
        found = found.with_for_update(key_share=True, of=Service).execution_options(populate_existing=True)
    service = session().scalar(found)
    if service is None:
        raise ServiceMissing
    return service
