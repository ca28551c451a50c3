"""Pages of accounts, with their menu entries."""

from accounts.pages.adverse_imports import adverse_imports
from accounts.pages.bank import bank
from accounts.pages.changes import changes
from accounts.pages.documents import documents
from accounts.pages.figures import figures
from accounts.pages.interests import interests
from accounts.pages.joining import joining
from accounts.pages.memberships import memberships
from accounts.pages.notices import notices
from accounts.pages.organisations import organisations
from accounts.pages.profile import profile
from accounts.pages.recovery import recovery
from accounts.pages.renewals import renewals
from accounts.pages.sessions import load_session, sessions
from accounts.pages.standing import standing
from accounts.pages.submission import submission
from accounts.pages.users import users
from core.pages import Pages

PAGES: list[Pages] = [
    sessions,
    recovery,
    profile,
    notices,
    joining,
    memberships,
    submission,
    organisations,
    figures,
    bank,
    documents,
    standing,
    renewals,
    changes,
    adverse_imports,
    users,
    interests,
]

__all__ = ["PAGES", "load_session"]
