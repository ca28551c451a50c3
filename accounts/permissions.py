"""Roles, and who may do what. Upper packages compose these predicates with ``|`` and ``&``."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from accounts.kinds import OrganisationKind
from core.permissions import Actor, everyone, has_role, permission, system


class Role(StrEnum):
    """What a user may do; one role a user."""

    ENTERPRISE = "enterprise"
    TEAM = "team"
    INCUBATOR = "incubator"
    PROVIDER = "provider"
    CITY_BUREAU = "city_bureau"
    CITY_FINANCE = "city_finance"
    PROVINCE = "province"
    DELEGATED_AGENCY = "delegated_agency"
    FINANCE_MAKER = "finance_maker"
    FINANCE_CHECKER = "finance_checker"
    AUDITOR = "auditor"
    ADMIN = "admin"


ROLES_OF_KIND: dict[OrganisationKind, tuple[Role, ...]] = {
    OrganisationKind.ENTERPRISE: (Role.ENTERPRISE,),
    OrganisationKind.TEAM: (Role.TEAM,),
    OrganisationKind.INCUBATOR: (Role.INCUBATOR,),
    OrganisationKind.PROVIDER: (Role.PROVIDER,),
    OrganisationKind.CITY_BUREAU: (Role.CITY_BUREAU,),
    OrganisationKind.CITY_FINANCE: (Role.CITY_FINANCE,),
    OrganisationKind.PROVINCE: (Role.PROVINCE,),
    OrganisationKind.DELEGATED_AGENCY: (Role.DELEGATED_AGENCY,),
    OrganisationKind.FINANCE: (Role.FINANCE_MAKER, Role.FINANCE_CHECKER),
    OrganisationKind.AUDIT: (Role.AUDITOR,),
    OrganisationKind.OPERATOR: (Role.ADMIN,),
}
"""Which roles the users of an organisation may have."""

anyone = everyone

enterprise = has_role(Role.ENTERPRISE)
team = has_role(Role.TEAM)
incubator = has_role(Role.INCUBATOR)
provider = has_role(Role.PROVIDER)
city_bureau = has_role(Role.CITY_BUREAU)
city_finance = has_role(Role.CITY_FINANCE)
province = has_role(Role.PROVINCE)
delegated_agency = has_role(Role.DELEGATED_AGENCY)
finance_maker = has_role(Role.FINANCE_MAKER)
finance_checker = has_role(Role.FINANCE_CHECKER)
auditor = has_role(Role.AUDITOR)
admin = has_role(Role.ADMIN)

beneficiary = enterprise | team
member = beneficiary | provider
finance = finance_maker | finance_checker
authority = city_bureau | province
"""Those that decide about members; a delegated agency only assists (V5)."""
official_reader = authority | city_finance | delegated_agency | auditor
"""Those that read records of others, each within its city or the province (V6)."""


@permission
def signed_in(actor: Actor, target: object) -> bool:
    """Any user."""
    return actor.is_signed_in


@permission
def of_its_city(actor: Actor, target: Any) -> bool:
    """A bureau about an organisation of its city, the province about a provider from outside (V6, V10)."""
    if actor.role == Role.CITY_BUREAU:
        return actor.city is not None and bool(target.city == actor.city)
    return actor.role == Role.PROVINCE and not target.in_province


@permission
def acts_for_it(actor: Actor, target: Any) -> bool:
    """A user of the organisation itself; for a team, of its incubator (V16 team)."""
    if target.kind is OrganisationKind.TEAM:
        return actor.role == Role.INCUBATOR and bool(target.incubator_id == actor.organisation_id)
    return bool(target.id == actor.organisation_id)


@permission
def reviews_it(actor: Actor, target: Any) -> bool:
    """The bureau named by a record's ``city``, or the province where it names none (V6, V10)."""
    if actor.role == Role.CITY_BUREAU:
        return actor.city is not None and bool(target.city == actor.city)
    return actor.role == Role.PROVINCE and target.city is None


@permission
def is_incubator_of(actor: Actor, residence: Any) -> bool:
    """A user of the incubator a firm resides in (V7)."""
    return actor.organisation_id is not None and bool(residence.incubator_id == actor.organisation_id)


@permission
def is_side_of(actor: Actor, residence: Any) -> bool:
    """A user of the firm or of the incubator."""
    return actor.organisation_id is not None and actor.organisation_id in (
        residence.enterprise_id,
        residence.incubator_id,
    )


@permission
def is_of_team(actor: Actor, succession: Any) -> bool:
    """The team that became an enterprise, its incubator, and the enterprise once that is approved."""
    team = succession.team
    sides = (team.id, team.incubator_id, team.successor_id)
    return actor.organisation_id is not None and actor.organisation_id in sides


@permission
def is_of_heir(actor: Actor, succession: Any) -> bool:
    """The enterprise that a team became, as is said."""
    return actor.organisation_id is not None and bool(succession.enterprise_id == actor.organisation_id)


may_register = anyone
may_read_memberships = member | incubator | official_reader | admin
may_read_standing = member | incubator | official_reader
may_submit_membership = (enterprise | provider | incubator) & acts_for_it
may_review_membership = authority & of_its_city
may_suspend_membership = province | may_review_membership
may_create_organisation = admin | province
may_create_user = admin
may_issue_recovery = admin | system
may_enter_standing = province | (city_bureau & of_its_city)
may_state_figures = (enterprise & acts_for_it) | (city_bureau & of_its_city)
may_name_bank_account = (enterprise | provider | incubator) & acts_for_it
may_renew_figures = enterprise & acts_for_it
may_request_change = (enterprise | provider | incubator) & acts_for_it
may_review_change = authority & reviews_it
may_read_changes = member | incubator | official_reader
may_read_residences = enterprise | incubator | official_reader
may_import_adverse_records = authority
may_verify_bank_account = authority & of_its_city
may_add_document = (enterprise | provider | incubator) & acts_for_it
may_certify_document = authority & of_its_city
may_review_renewal = city_bureau & of_its_city


@permission
def entered_by_oneself(actor: Actor, interest: Any) -> bool:
    """Whether the actor put it on record."""
    return actor.is_signed_in and interest.entered_by == actor.user_id


officer = authority | delegated_agency | finance
"""Who decides, prepares or pays, and so must declare what ties them to others."""
may_keep_interests = officer | admin
may_end_interest = (may_keep_interests & entered_by_oneself) | admin
may_read_interests = may_keep_interests | auditor
may_propose_group_change = authority
may_review_group_change = province
may_read_group_changes = official_reader
may_propose_succession = incubator & acts_for_it
may_review_succession = city_bureau & of_its_city
may_read_successions = enterprise | team | incubator | official_reader
may_read_teams_side = official_reader | is_of_team
"""What was said about the team and why it was decided: nothing for an enterprise that was merely named."""
may_read_heirs_side = official_reader | is_of_heir
"""What the succession did to the caps of the enterprise's group: nothing for the team and its incubator."""
