"""Parts of statements: whether a user belongs to a provider, and whether it sits outside the province."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BindParameter, ColumnElement, case, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, aliased

from accounts.kinds import OrganisationKind
from accounts.models import ControllerTenure, Organisation, OrganisationSeat
from accounts.queries.controllers import covers

User = BindParameter[int]
Day = BindParameter[date]


def belongs_to(user: User, provider: InstrumentedAttribute[int], on: Day) -> ColumnElement[bool]:
    """A user is its provider's own: the same organisation, one of the same actual controller on that day, or a team
    whose incubator is either."""
    host = _host(user)
    own, theirs = aliased(ControllerTenure), aliased(ControllerTenure)
    grouped = (
        select(own.id)
        .join(theirs, theirs.controller_id == own.controller_id)
        .where(own.organisation_id == host, theirs.organisation_id == provider, covers(own, on), covers(theirs, on))
    )
    return or_(host == provider, grouped.exists())


def sits_outside(user: User, on: Day) -> ColumnElement[bool]:
    """A user sits outside the province on a day; a team where its incubator does."""
    host = _host(user)
    seated = select(OrganisationSeat.in_province).where(
        OrganisationSeat.organisation_id == host,
        OrganisationSeat.since <= on,
        or_(OrganisationSeat.until.is_(None), OrganisationSeat.until > on),
    )
    known = select(Organisation.in_province).where(Organisation.id == host)
    return ~func.coalesce(seated.scalar_subquery(), known.scalar_subquery(), true())


def _host(user: User) -> ColumnElement[int]:
    found = case((Organisation.kind == OrganisationKind.TEAM, Organisation.incubator_id), else_=Organisation.id)
    return select(found).where(Organisation.id == user).scalar_subquery()
