"""To whom a notice goes: the parties of a record, and the offices that deal with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from accounts.kinds import OrganisationKind
from accounts.models import Organisation
from accounts.permissions import Role
from accounts.queries import organisation
from accounts.queries.users import user
from core.db import session


@dataclass(frozen=True, slots=True)
class To:
    """The users of an organisation, those of one role in it, or one of them."""

    organisation_id: int
    role: Role | None = None
    user_id: int | None = None


Recipients = Callable[[Any], Iterable[To]]
"""From a record to who is told."""


def of(*names: str) -> Recipients:
    """The organisations whose numbers stand in these columns, each once; for a team also its incubator, which acts for
    it."""
    return lambda record: list(dict.fromkeys(to for name in names for to in _party(getattr(record, name))))


def through(name: str, others: Recipients) -> Recipients:
    """Those of the record that stands behind this one."""
    return lambda record: others(getattr(record, name))


def by_user(name: str) -> Recipients:
    """The office of the user whose number stands in this column."""
    return lambda record: [To(user(getattr(record, name)).organisation_id)]


def user_alone(name: str) -> Recipients:
    """The user whose number stands in this column, and nobody else of the organisation."""

    def recipients(record: Any) -> Iterable[To]:
        number = getattr(record, name)
        return [To(user(number).organisation_id, user_id=number)]

    return recipients


def bureau_of(name: str) -> Recipients:
    """The authority in charge of an organisation: its city's bureau, or the province for one from outside."""
    return lambda record: _authority(organisation(getattr(record, name)))


def bureau(record: Any) -> Iterable[To]:
    """The bureau of the record's city."""
    return _bureau(record.city)


def office(record: Any) -> Iterable[To]:
    """The bureau of the record's city, or the province where it has none."""
    return province(record) if record.city is None else _bureau(record.city)


def offices_of(name: str) -> Recipients:
    """The bureau of the city that stands in this column, if one does."""
    return lambda record: [] if getattr(record, name) is None else _bureau(getattr(record, name))


def province(_record: Any) -> Iterable[To]:
    """The provincial department."""
    return offices(OrganisationKind.PROVINCE)


def finance_maker(_record: Any) -> Iterable[To]:
    """Those who prepare batches."""
    return offices(OrganisationKind.FINANCE, role=Role.FINANCE_MAKER)


def finance_checker(_record: Any) -> Iterable[To]:
    """Those who approve batches."""
    return offices(OrganisationKind.FINANCE, role=Role.FINANCE_CHECKER)


def both(*several: Recipients) -> Recipients:
    """All of them, each once."""
    return lambda record: list(dict.fromkeys(to for each in several for to in each(record)))


def _party(organisation_id: int | None) -> Iterable[To]:
    if organisation_id is None:
        return
    yield To(organisation_id)
    party = organisation(organisation_id)
    if party.kind is OrganisationKind.TEAM and party.incubator_id is not None:
        yield To(party.incubator_id)


def _authority(party: Organisation) -> Iterable[To]:
    if not party.in_province:
        return province(party)
    return _bureau(party.city)


def _bureau(city: str | None) -> list[To]:
    return offices(OrganisationKind.CITY_BUREAU, city=city)


def offices(kind: OrganisationKind, *, city: str | None = None, role: Role | None = None) -> list[To]:
    """Offices of a kind, perhaps of one city, or one role in them."""
    found = select(Organisation.id).where(Organisation.kind == kind).order_by(Organisation.id)
    if city is not None:
        found = found.where(Organisation.city == city)
    return [To(number, role) for number in session().scalars(found)]
