"""The accounts part of the HTTP API."""

from accounts.api.bank import bank_accounts
from accounts.api.documents import documents
from accounts.api.me import me
from accounts.api.memberships import memberships
from accounts.api.organisations import organisations
from accounts.api.protection import recovery
from accounts.api.standing import adverse_records, controllers, holdings, joint_establishments
from accounts.api.tokens import tokens
from accounts.api.users import users

BLUEPRINTS = [
    tokens,
    me,
    recovery,
    memberships,
    organisations,
    bank_accounts,
    documents,
    controllers,
    adverse_records,
    holdings,
    joint_establishments,
    users,
]

__all__ = ["BLUEPRINTS"]
