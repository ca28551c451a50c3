"""Names and passwords of users, and how long wrong ones are answered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from accounts.kinds import OrganisationKind
from accounts.permissions import ROLES_OF_KIND, Role
from core.errors import Reason, reason

PASSWORD_MIN_LENGTH = 10
PASSWORD_MAX_LENGTH = 128
"""A longer one would only cost hashing time."""

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{2,63}")
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._%+-]{{0,63}}@(?:{_LABEL}\.)+[A-Za-z]{{2,24}}")
EMAIL_MAX_LENGTH = 254


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A user name, in whatever case, and a password in clear."""

    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Throttle:
    """How many wrong passwords within ``window`` are answered before sign-in pauses."""

    window: timedelta
    by_user_and_address: int
    by_user: int
    by_address: int


THROTTLE = Throttle(
    window=timedelta(minutes=15),
    by_user_and_address=5,
    by_user=30,
    by_address=100,
)
"""The narrow bound stops guessing from one place; the wide ones stop many places, without letting one stranger lock
a user out everywhere else."""


SIGN_UPS_PER_ADDRESS = 20
SIGN_UP_WINDOW = timedelta(hours=1)
"""Registrations by visitors from one address: more than a firm, its siblings and their agent hand in, few enough that
a flood fills no bureau's queue. No figure of the measures, a protection of the service like those above."""


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong passwords within the window."""

    by_user_and_address: int
    by_user: int
    by_address: int


def must_wait(failures: Failures, throttle: Throttle) -> bool:
    """Whether one more attempt is refused unread."""
    return (
        failures.by_user_and_address >= throttle.by_user_and_address
        or failures.by_user >= throttle.by_user
        or failures.by_address >= throttle.by_address
    )


def normalised(username: str) -> str:
    """The user name as it is stored and compared."""
    return username.strip().lower()


def credential_faults(credentials: Credentials) -> list[Reason]:
    """What is wrong with a new user's name and password."""
    found = []
    if not _USERNAME.fullmatch(normalised(credentials.username)):
        found.append(reason("username_malformed", field="username"))
    return found + password_faults(credentials.password, username=normalised(credentials.username))


def password_faults(password: str, *, username: str) -> list[Reason]:
    """What is wrong with a new password."""
    if not PASSWORD_MIN_LENGTH <= len(password) <= PASSWORD_MAX_LENGTH:
        return [reason("password_length", field="password", low=PASSWORD_MIN_LENGTH, high=PASSWORD_MAX_LENGTH)]
    if password.lower() == username:
        return [reason("password_is_username", field="password")]
    return []


def email_faults(address: str) -> list[Reason]:
    """What is wrong with an address for mail."""
    if len(address) <= EMAIL_MAX_LENGTH and _EMAIL.fullmatch(address):
        return []
    return [reason("email_malformed", field="address")]


def role_faults(role: Role, *, kind: OrganisationKind) -> list[Reason]:
    """A role must be one that users of that kind of organisation have."""
    if role in ROLES_OF_KIND[kind]:
        return []
    return [reason("role_not_of_kind", field="role", role=role.value, kind=kind.value)]
