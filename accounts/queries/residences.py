"""Reads of residences: the firm and the incubator see their own, offices those of the firms in their sight (V7)."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import joinedload

from accounts.kinds import OrganisationKind
from accounts.models import Organisation, Residence, ResidenceAdvice
from accounts.queries.organisations import visible_organisations
from accounts.states import ResidenceState
from core.db import session
from core.errors import NotFound
from core.permissions import Actor


class ResidenceMissing(NotFound):
    """There is no such residence for this actor."""

    code = "residence_missing"


class IncubatorMissing(NotFound):
    """There is no such incubator."""

    code = "incubator_missing"


def incubators() -> Select[tuple[Organisation]]:
    """The incubators of the province, which are no secret."""
    return select(Organisation).where(Organisation.kind == OrganisationKind.INCUBATOR)


def find_incubator(incubator_id: int) -> Organisation:
    """One of them; raises :class:`IncubatorMissing`."""
    found = session().scalar(incubators().where(Organisation.id == incubator_id))
    if found is None:
        raise IncubatorMissing
    return found


def visible_residences(actor: Actor, *, state: ResidenceState | None = None) -> Select[tuple[Residence]]:
    """The residences an actor may see, perhaps of one state only."""
    seen = select(Organisation.id).where(visible_organisations(actor))
    own: ColumnElement[bool] = Residence.enterprise_id.in_(seen)
    if actor.organisation_id is not None:
        own = or_(own, Residence.incubator_id == actor.organisation_id)
    found = select(Residence).options(joinedload(Residence.enterprise), joinedload(Residence.incubator)).where(own)
    return found if state is None else found.where(Residence.state == state)


def find_residence(residence_id: int, *, actor: Actor, lock: bool = False) -> Residence:
    """The residence if the actor may see it; raises :class:`ResidenceMissing`."""
    found = visible_residences(actor).where(Residence.id == residence_id)
    if lock:
        found = found.with_for_update(of=Residence).execution_options(populate_existing=True)
    residence = session().scalar(found)
    if residence is None:
        raise ResidenceMissing
    return residence


def open_residence(enterprise_id: int) -> Residence | None:
    """The residence a firm has asked for or has."""
    return session().scalar(
        select(Residence).where(
            Residence.enterprise_id == enterprise_id,
            Residence.state.in_((ResidenceState.ASKED, ResidenceState.ACCEPTED)),
        )
    )


def advice_of(residence_id: int) -> Select[tuple[ResidenceAdvice]]:
    """What the incubator advised, in no order yet."""
    return (
        select(ResidenceAdvice)
        .options(joinedload(ResidenceAdvice.file))
        .where(ResidenceAdvice.residence_id == residence_id)
    )


def find_advice(residence_id: int, advice_id: int, *, actor: Actor) -> ResidenceAdvice:
    """One piece of advice of a residence the actor may see; raises :class:`ResidenceMissing`."""
    residence = find_residence(residence_id, actor=actor)
    found = session().get(ResidenceAdvice, advice_id)
    if found is None or found.residence_id != residence.id:
        raise ResidenceMissing
    return found
