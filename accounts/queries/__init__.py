"""Reads of the package. What upper packages use is listed here."""

from accounts.queries.bank import bank_accounts, verified_account
from accounts.queries.caps import cap_owner
from accounts.queries.controllers import changed_plainly, controller_id, named_lately, regrouped, siblings
from accounts.queries.documents import standing_documents
from accounts.queries.interests import involvements
from accounts.queries.memberships import is_approved_member, membership_of
from accounts.queries.organisations import (
    acts_as,
    acts_for,
    figures,
    find_organisation,
    latest_figures,
    organisation,
    organisations,
    seat,
    teams_of,
    visible_organisations,
)
from accounts.queries.renewals import orders_are_stopped
from accounts.queries.restrictions import restrictions_on
from accounts.queries.sides import Sides, UserSide, relation, sides
from accounts.queries.standing import adverse_facts, adverse_records
from accounts.queries.users import actor_of, find_user, myself, resolve_actor

__all__ = [
    "Sides",
    "UserSide",
    "actor_of",
    "acts_as",
    "acts_for",
    "adverse_facts",
    "adverse_records",
    "bank_accounts",
    "cap_owner",
    "changed_plainly",
    "controller_id",
    "figures",
    "find_organisation",
    "find_user",
    "involvements",
    "is_approved_member",
    "latest_figures",
    "membership_of",
    "myself",
    "named_lately",
    "orders_are_stopped",
    "organisation",
    "organisations",
    "regrouped",
    "relation",
    "resolve_actor",
    "restrictions_on",
    "seat",
    "siblings",
    "sides",
    "standing_documents",
    "teams_of",
    "verified_account",
    "visible_organisations",
]
