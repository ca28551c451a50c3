"""The accounts part of the HTTP API."""

from accounts.api.bank import bank_accounts
from accounts.api.changes import figures_renewals, member_changes
from accounts.api.documents import documents
from accounts.api.interests import interests
from accounts.api.me import me
from accounts.api.memberships import memberships
from accounts.api.notices import notices
from accounts.api.organisations import organisations
from accounts.api.protection import recovery
from accounts.api.residences import incubators_of_province, residences
from accounts.api.standing import (
    adverse_record_imports,
    adverse_records,
    controllers,
    holdings,
    joint_establishments,
)
from accounts.api.tokens import tokens
from accounts.api.users import users

BLUEPRINTS = [
    tokens,
    me,
    notices,
    recovery,
    memberships,
    organisations,
    bank_accounts,
    documents,
    controllers,
    adverse_records,
    adverse_record_imports,
    holdings,
    joint_establishments,
    figures_renewals,
    member_changes,
    residences,
    incubators_of_province,
    users,
    interests,
]

__all__ = ["BLUEPRINTS"]
