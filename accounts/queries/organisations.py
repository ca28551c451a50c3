"""Reads of organisations, and which of them an actor sees or acts for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, false, or_, select, true

from accounts.kinds import MEMBER_KINDS, OrganisationKind
from accounts.models import BeneficiaryFigures, Organisation, OrganisationSeat
from accounts.permissions import Role
from accounts.rules.seats import covering
from core.audit import AuditEntry
from core.db import send, session
from core.errors import NotFound
from core.permissions import SYSTEM, Actor
from core.statements import Statement

_READS_ALL = frozenset({Role.PROVINCE, Role.AUDITOR, Role.ADMIN})
_READS_ITS_CITY = frozenset({Role.CITY_BUREAU, Role.CITY_FINANCE})


class OrganisationMissing(NotFound):
    """There is no such organisation for this actor."""

    code = "organisation_missing"


@dataclass(frozen=True, slots=True)
class Seat:
    """Where an organisation sits, as six-digit codes; None where it has no such place."""

    county: str | None
    city: str | None
    in_province: bool


def organisation(organisation_id: int) -> Organisation:
    """The organisation of an id that the caller already knows to be right.

    Raises :class:`OrganisationMissing`.
    """
    found = session().get(Organisation, organisation_id)
    if found is None:
        raise OrganisationMissing
    return found


def organisations(organisation_ids: Collection[int]) -> dict[int, Organisation]:
    """The organisations of several ids by id, in one query."""
    found = session().scalars(select(Organisation).where(Organisation.id.in_(organisation_ids)))
    return {each.id: each for each in found}


def find_organisation(organisation_id: int, *, actor: Actor) -> Organisation:
    """The organisation if the actor may see it; a foreign one is missing (V6)."""
    found = session().scalar(
        select(Organisation).where(Organisation.id == organisation_id, visible_organisations(actor))
    )
    if found is None:
        raise OrganisationMissing
    return found


def visible_organisations(actor: Actor) -> ColumnElement[bool]:
    """The condition on :class:`Organisation` that holds for what the actor may see (V6).

    Members and incubators see themselves, an incubator its teams and an enterprise the team it was; a bureau, a
    city's finance bureau and an agency of a city see that city; the province, its agency, the auditor and the
    administrator see all.
    """
    if actor == SYSTEM or actor.role in _READS_ALL:
        return true()
    own = false() if actor.organisation_id is None else Organisation.id == actor.organisation_id
    if actor.role in _READS_ITS_CITY:
        return own if actor.city is None else or_(own, Organisation.city == actor.city)
    if actor.role == Role.DELEGATED_AGENCY:
        return true() if actor.city is None else or_(own, Organisation.city == actor.city)
    if actor.role == Role.INCUBATOR:
        return or_(own, Organisation.incubator_id == actor.organisation_id)
    if actor.role == Role.ENTERPRISE and actor.organisation_id is not None:
        return or_(own, Organisation.successor_id == actor.organisation_id)
    return own


def listed_organisations(
    actor: Actor, *, kind: OrganisationKind | None = None, q: str | None = None
) -> Select[tuple[Organisation]]:
    """The organisations the actor may see, perhaps only of one kind or with a text in their name."""
    found = select(Organisation).where(visible_organisations(actor))
    if kind is not None:
        found = found.where(Organisation.kind == kind)
    return found if q is None else found.where(Organisation.name.icontains(q, autoescape=True))


def lock_organisation(organisation_id: int) -> None:
    """Hold the organisation's row until the transaction ends, so that changes of its facts queue up."""
    session().execute(select(Organisation.id).where(Organisation.id == organisation_id).with_for_update(key_share=True))


_ONE = select(Organisation.id).where(Organisation.id == bindparam("organisation", type_=BigInteger))
_SHARED = Statement(_ONE.with_for_update(read=True))


def share_organisation(organisation_id: int) -> None:
    """Keep :func:`lock_organisation` out until the transaction ends, beside others who only rely on its facts."""
    send(_SHARED, {"organisation": organisation_id})


def uscc_registered(code: str, *, besides: int | None) -> bool:
    """Whether an organisation other than ``besides`` has this code already."""
    found = select(Organisation.id).where(Organisation.uscc == code, Organisation.id != (besides or 0))
    return session().scalar(found) is not None


def acts_for(actor: Actor) -> set[int]:
    """Ids of the organisations the actor acts for: its own, an incubator's teams, the team an enterprise was."""
    if actor.organisation_id is None:
        return set()
    if actor.role == Role.ENTERPRISE:
        former = select(Organisation.id).where(Organisation.successor_id == actor.organisation_id)
        return {actor.organisation_id, *session().scalars(former)}
    if actor.role != Role.INCUBATOR:
        return {actor.organisation_id}
    return {actor.organisation_id, *(each.id for each in teams_of(actor.organisation_id))}


def acts_as(actor: Actor, organisation_id: int) -> bool:
    """Whether the actor acts for an organisation."""
    return organisation_id == actor.organisation_id or organisation_id in acts_for(actor)


def teams_of(incubator_id: int) -> Sequence[Organisation]:
    """The teams an incubator registered."""
    return session().scalars(registered_teams(incubator_id).order_by(Organisation.id)).all()


def registered_teams(incubator_id: int) -> Select[tuple[Organisation]]:
    """The teams an incubator registered, in no order yet."""
    return select(Organisation).where(
        Organisation.kind == OrganisationKind.TEAM, Organisation.incubator_id == incubator_id
    )


def seat(organisation_id: int, on: date) -> Seat:
    """Where an organisation sits on a day; a team where its incubator does (V12, design decision)."""
    found = organisation(organisation_id)
    if found.kind is OrganisationKind.TEAM and found.incubator is not None:
        found = found.incubator
    sits = covering(seats_of(found.id), on) or found
    return Seat(county=sits.county, city=sits.city, in_province=sits.in_province)


def seats_of(organisation_id: int) -> Sequence[OrganisationSeat]:
    """Every seat an organisation had, has or will have, the earliest first."""
    found = select(OrganisationSeat).where(OrganisationSeat.organisation_id == organisation_id)
    return session().scalars(found.order_by(OrganisationSeat.since)).all()


def figures(organisation_id: int, year: int) -> BeneficiaryFigures | None:
    """What an enterprise stated about one accounting year."""
    return session().scalar(
        select(BeneficiaryFigures).where(
            BeneficiaryFigures.organisation_id == organisation_id, BeneficiaryFigures.year == year
        )
    )


def latest_figures(organisation_id: int) -> BeneficiaryFigures | None:
    """What an enterprise stated about the latest year it stated any for."""
    return session().scalar(
        select(BeneficiaryFigures)
        .where(BeneficiaryFigures.organisation_id == organisation_id)
        .order_by(BeneficiaryFigures.year.desc())
        .limit(1)
    )


def all_figures(organisation_id: int) -> Sequence[BeneficiaryFigures]:
    """What an enterprise stated about every year, the latest first."""
    found = select(BeneficiaryFigures).where(BeneficiaryFigures.organisation_id == organisation_id)
    return session().scalars(found.order_by(BeneficiaryFigures.year.desc())).all()


@dataclass(frozen=True, slots=True)
class FiguresCorrection:
    """What stood there before a bureau corrected the figures of a year, and why it did."""

    year: int
    at: datetime
    why: str
    staff: int
    revenue_fen: int
    orderly_finances: bool


CORRECT_FIGURES = "correct_figures"
"""The entry of the audit trail that keeps a correction."""


def figures_corrections(organisation_id: int) -> Sequence[FiguresCorrection]:
    """Every correction of an enterprise's figures by the bureau, the latest first."""
    found = (
        select(AuditEntry.at, AuditEntry.data, BeneficiaryFigures.year)
        .join(BeneficiaryFigures, BeneficiaryFigures.id == AuditEntry.subject_id)
        .where(
            AuditEntry.subject_kind == BeneficiaryFigures.__tablename__,
            AuditEntry.action == CORRECT_FIGURES,
            BeneficiaryFigures.organisation_id == organisation_id,
        )
        .order_by(AuditEntry.id.desc())
    )
    return [
        FiguresCorrection(year=year, at=at, why=data["note"], **data["before"])
        for at, data, year in session().execute(found).tuples()
    ]


def member_by_code(code: str) -> int | None:
    """The number of the member registered under a unified social credit code, wherever it sits."""
    return session().scalar(
        select(Organisation.id).where(Organisation.uscc == code, Organisation.kind.in_(MEMBER_KINDS))
    )


def members_by_code(codes: Collection[str], *, actor: Actor) -> dict[str, int]:
    """The members an actor may see by their unified social credit codes."""
    found = select(Organisation.uscc, Organisation.id).where(
        Organisation.uscc.in_(codes), Organisation.kind.in_(MEMBER_KINDS), visible_organisations(actor)
    )
    return {code: number for code, number in session().execute(found).tuples() if code is not None}
