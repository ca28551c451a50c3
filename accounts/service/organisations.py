"""Organisations that do not register themselves, and the figures of those that do."""

from __future__ import annotations

from datetime import datetime

from accounts import policy
from accounts.kinds import MEMBER_KINDS, OrganisationKind
from accounts.models import BeneficiaryFigures, Organisation
from accounts.permissions import Role, may_create_organisation, may_state_figures
from accounts.queries.memberships import membership_of
from accounts.queries.organisations import Seat, figures, find_organisation, lock_organisation, uscc_registered
from accounts.rules import uscc
from accounts.rules.registration import Application, NewOrganisation, Places, figures_faults
from accounts.states import MembershipState
from accounts.steps.memberships import user_id_of
from accounts.steps.organisations import RegistrationRefused, register_organisation, state_figures
from core import clock
from core.db import transaction
from core.errors import Conflict, Forbidden, Reason, Refused, reason, refuse_all
from core.permissions import Actor, authorise

IN_A_CITY = frozenset({OrganisationKind.INCUBATOR, OrganisationKind.CITY_BUREAU, OrganisationKind.CITY_FINANCE})
_OPEN_FOR_FIGURES = frozenset({MembershipState.DRAFT, MembershipState.RETURNED})


class FiguresRefused(Refused):
    """The figures have faults; all of them are named."""

    code = "figures_refused"


class FiguresStated(Conflict):
    """The figures of this year are stated already; the bureau of the city corrects them."""

    code = "figures_stated"
    article = "V8(1)"


def create_organisation(*, entered: NewOrganisation, actor: Actor, now: datetime) -> Organisation:
    """Enter an authority, a finance department or an incubator; the province enters incubators only.

    Members register themselves and are refused here. Raises :class:`RegistrationRefused` with every fault.
    """
    with transaction():
        authorise(actor, may_create_organisation)
        if actor.role == Role.PROVINCE and entered.kind is not OrganisationKind.INCUBATOR:
            raise Forbidden
        places = policy.places(clock.today(now))
        refuse_all(_faults(entered, places, policy.city_codes(clock.today(now))), error=RegistrationRefused)
        city = entered.city if entered.county is None else places.cities[entered.county]
        return register_organisation(
            application=Application(
                kind=entered.kind,
                name=entered.name,
                uscc=entered.uscc,
                legal_representative=entered.legal_representative,
                phone=entered.phone,
                address=entered.address,
            ),
            seat=Seat(county=entered.county, city=city, in_province=True),
            incubator_level=entered.incubator_level,
            actor=actor,
            now=now,
        )


def state_year(
    *,
    organisation_id: int,
    year: int,
    staff: int,
    revenue_fen: int,
    orderly_finances: bool,
    actor: Actor,
    now: datetime,
    why: str = "",
) -> BeneficiaryFigures:
    """State the figures of a completed accounting year (V8(1)).

    An enterprise states each year once and may change it only while its registration is open; afterwards the bureau
    of its city corrects it and says ``why``. What stood before is kept, and the enterprise is told.
    """
    with transaction():
        owner = find_organisation(organisation_id, actor=actor)
        authorise(actor, may_state_figures, owner)
        lock_organisation(owner.id)
        found = figures_faults(year, field="year", today=clock.today(now))
        if owner.kind is not OrganisationKind.ENTERPRISE:
            found.append(reason("figures_of_enterprises_only", article="V8(1)", field="year"))
        stated = figures(owner.id, year)
        if actor.role == Role.CITY_BUREAU and stated is not None and not why.strip():
            found.append(reason("correction_unexplained", article="V8(1)", field="why"))
        refuse_all(found, error=FiguresRefused)
        if actor.role == Role.ENTERPRISE and stated is not None and not _is_open(owner.id):
            raise FiguresStated(year=year)
        return state_figures(
            organisation=owner,
            year=year,
            staff=staff,
            revenue_fen=revenue_fen,
            orderly_finances=orderly_finances,
            actor=actor,
            user_id=user_id_of(actor),
            now=now,
            why=why.strip() if actor.role == Role.CITY_BUREAU else "",
        )


def _is_open(organisation_id: int) -> bool:
    membership = membership_of(organisation_id)
    return membership is not None and membership.state in _OPEN_FOR_FIGURES


def _faults(entered: NewOrganisation, places: Places, cities: frozenset[str]) -> list[Reason]:
    found = []
    if entered.kind in MEMBER_KINDS:
        found.append(reason("members_register_themselves", article="V15", field="kind"))
    is_incubator = entered.kind is OrganisationKind.INCUBATOR
    if is_incubator and entered.incubator_level is None:
        found.append(reason("field_required", field="incubator_level"))
    if not is_incubator and entered.incubator_level is not None:
        found.append(reason("field_not_for_kind", field="incubator_level"))
    if is_incubator and entered.county is None:
        found.append(reason("field_required", field="county"))
    if entered.county is not None and entered.county not in places.cities:
        found.append(reason("county_unknown", field="county", county=entered.county))
    if entered.kind in IN_A_CITY and entered.county is None and entered.city is None and not is_incubator:
        found.append(reason("field_required", field="city"))
    if entered.city is not None:
        if entered.city not in cities:
            found.append(reason("city_unknown", field="city", city=entered.city))
        elif entered.county is not None and places.cities.get(entered.county, entered.city) != entered.city:
            found.append(reason("county_of_another_city", field="city"))
    return found + _uscc_faults(entered.uscc)


def _uscc_faults(code: str | None) -> list[Reason]:
    if not code:
        return []
    plain = uscc.normalised(code)
    if plain is None:
        return [reason("uscc_invalid", field="uscc", uscc=code)]
    return [reason("uscc_taken", field="uscc")] if uscc_registered(plain, besides=None) else []
