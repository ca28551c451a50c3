"""Reads of exemptions for secrecy: an owner's own, a bureau's city's, all for the province and the auditor (S23)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload

from accounts.models import Organisation
from accounts.permissions import Role
from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from instruments.models import Instrument, SecrecyExemption
from instruments.queries.instruments import in_scope
from instruments.states import ExemptionState

WAITING = (ExemptionState.ASKED, ExemptionState.ENDORSED)


class ExemptionMissing(NotFound):
    """There is no such exemption for this actor."""

    code = "exemption_missing"


def exemptions(actor: Actor, *, state: ExemptionState | None = None) -> Select[tuple[SecrecyExemption]]:
    """Exemptions in the actor's scope, perhaps of one state only."""
    found = (
        select(SecrecyExemption)
        .join(Instrument, Instrument.id == SecrecyExemption.instrument_id)
        .where(in_scope(actor))
        .options(joinedload(SecrecyExemption.instrument).joinedload(Instrument.provider))
    )
    return found if state is None else found.where(SecrecyExemption.state == state)


def find_exemption(exemption_id: int, *, actor: Actor, lock: bool = False) -> SecrecyExemption:
    """An exemption in the actor's scope; raises :class:`ExemptionMissing`."""
    found = exemptions(actor).where(SecrecyExemption.id == exemption_id)
    if lock:
        locked = found.with_for_update(key_share=True, of=SecrecyExemption)
        found = locked.execution_options(populate_existing=True)
    exemption = session().scalar(found)
    if exemption is None:
        raise ExemptionMissing
    return exemption


def waiting_exemptions(actor: Actor) -> Select[tuple[SecrecyExemption]]:
    """Requests that the actor's office is to review, and for the province also those it is to confirm."""
    found = exemptions(actor).join(Organisation, Organisation.id == Instrument.provider_id)
    asked, endorsed = (SecrecyExemption.state == each for each in WAITING)
    if actor.role == Role.PROVINCE:
        own = asked & Organisation.city.is_(None)
        return found.where(or_(own, endorsed & (SecrecyExemption.reviewed_by != actor.user_id)))
    return found.where(asked)


def is_asked(instrument_id: int) -> bool:
    """Whether a request about an instrument waits."""
    found = select(SecrecyExemption.id).where(
        SecrecyExemption.instrument_id == instrument_id, SecrecyExemption.state.in_(WAITING)
    )
    return session().scalar(found) is not None


def lock_exemption_in_force(instrument_id: int) -> SecrecyExemption | None:
    """The exemption that holds for an instrument, locked."""
    found = select(SecrecyExemption).where(
        SecrecyExemption.instrument_id == instrument_id, SecrecyExemption.state == ExemptionState.IN_FORCE
    )
    return session().scalar(found.with_for_update(key_share=True, of=SecrecyExemption))


def ending_exemptions(*, before: date) -> Sequence[tuple[int, int]]:
    """Exemptions in force whose last day lies before a day, with their instruments."""
    found = select(SecrecyExemption.id, SecrecyExemption.instrument_id).where(
        SecrecyExemption.state == ExemptionState.IN_FORCE, SecrecyExemption.until < before
    )
    return session().execute(found.order_by(SecrecyExemption.id)).tuples().all()


def unreminded_exemptions(*, until: date) -> Sequence[tuple[int, int]]:
    """Exemptions in force that end on a day or before and of whose end nobody was told, with their instruments."""
    found = select(SecrecyExemption.id, SecrecyExemption.instrument_id).where(
        SecrecyExemption.state == ExemptionState.IN_FORCE,
        SecrecyExemption.until <= until,
        SecrecyExemption.reminded_on.is_(None),
    )
    return session().execute(found.order_by(SecrecyExemption.id)).tuples().all()
