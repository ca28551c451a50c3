"""Reads of applications for disclosure: the applicant's own, an office's, all for the province and the auditor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import joinedload, selectinload

from accounts.models import Organisation
from accounts.permissions import Role
from accounts.queries import acts_for
from accounts.queries.organisations import OrganisationMissing, visible_organisations
from core.db import session
from core.errors import NotFound
from core.files import StoredFile
from core.permissions import Actor
from marketplace.models import DisclosureApplication, DisclosureConsultation
from marketplace.states import DisclosureState
from vouchers.models import Claim
from vouchers.queries.claims import visible_claims


class DisclosureMissing(NotFound):
    """There is no such application for this actor."""

    code = "disclosure_missing"


class ConsultationMissing(NotFound):
    """There is no such consultation for this actor."""

    code = "consultation_missing"


class DisclosureAnswerMissing(NotFound):
    """Nothing was given out on this application."""

    code = "disclosure_answer_missing"


def visible_applications(actor: Actor, *, state: DisclosureState | None = None) -> Select[tuple[DisclosureApplication]]:
    """The applications an actor may see, perhaps of one state only."""
    found = (
        select(DisclosureApplication).where(_visible(actor)).options(selectinload(DisclosureApplication.consultations))
    )
    return found if state is None else found.where(DisclosureApplication.state == state)


def find_application(application_id: int, *, actor: Actor, lock: bool = False) -> DisclosureApplication:
    """An application the actor may see; raises :class:`DisclosureMissing`."""
    found = visible_applications(actor).where(DisclosureApplication.id == application_id)
    if lock:
        found = found.with_for_update(of=DisclosureApplication).execution_options(populate_existing=True)
    application = session().scalar(found)
    if application is None:
        raise DisclosureMissing
    return application


def find_answer(application_id: int, *, actor: Actor) -> StoredFile:
    """The file that was given out; raises :class:`DisclosureAnswerMissing`."""
    answer = find_application(application_id, actor=actor).answer_file
    if answer is None:
        raise DisclosureAnswerMissing
    return answer


def visible_consultations(actor: Actor) -> Select[tuple[DisclosureConsultation]]:
    """The questions put to an actor's organisation, or to teams it acts for; those of applications in an office's
    sight."""
    found = select(DisclosureConsultation).options(joinedload(DisclosureConsultation.application))
    own = DisclosureConsultation.organisation_id.in_(acts_for(actor))
    if not _is_office(actor):
        return found.where(own)
    seen = visible_applications(actor).with_only_columns(DisclosureApplication.id)
    return found.where(or_(own, DisclosureConsultation.application_id.in_(seen)))


def find_consultation(consultation_id: int, *, actor: Actor) -> DisclosureConsultation:
    """A question the actor may see; raises :class:`ConsultationMissing`."""
    consultation = session().scalar(visible_consultations(actor).where(DisclosureConsultation.id == consultation_id))
    if consultation is None:
        raise ConsultationMissing
    return consultation


def find_concerned(organisation_id: int, *, actor: Actor) -> Organisation:
    """Whom an office may ask: what it sees anyway, and the parties of claims that it holds, wherever they sit.

    Any other is missing, whether or not there is such an organisation (V6). Raises ``OrganisationMissing``.
    """
    held = visible_claims(actor)
    parties = (held.with_only_columns(party) for party in (Claim.beneficiary_id, Claim.provider_id))
    concerned = or_(visible_organisations(actor), *(Organisation.id.in_(each) for each in parties))
    found = session().scalar(select(Organisation).where(Organisation.id == organisation_id, concerned))
    if found is None:
        raise OrganisationMissing
    return found


def open_applications() -> Sequence[DisclosureApplication]:
    """Every application that waits for its answer, locked."""
    found = (
        select(DisclosureApplication)
        .where(DisclosureApplication.state == DisclosureState.RECEIVED)
        .options(selectinload(DisclosureApplication.consultations))
        .order_by(DisclosureApplication.id)
        .with_for_update(skip_locked=True)
    )
    return session().scalars(found).all()


def is_late(application: DisclosureApplication, *, today: date) -> bool:
    """Whether the last day of the answer is over and the term does not rest."""
    waits = application.state is DisclosureState.RECEIVED and application.paused_on is None
    return waits and application.due_on < today


def _is_office(actor: Actor) -> bool:
    return actor.role in (Role.CITY_BUREAU, Role.PROVINCE, Role.AUDITOR)


def _visible(actor: Actor) -> ColumnElement[bool]:
    own = DisclosureApplication.user_id == actor.user_id
    if actor.role in (Role.PROVINCE, Role.AUDITOR):
        return true()
    if actor.role == Role.CITY_BUREAU and actor.city is not None:
        return or_(own, DisclosureApplication.city == actor.city)
    return own
