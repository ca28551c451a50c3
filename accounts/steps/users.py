"""Writing users; passwords are kept as argon2id hashes only."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from accounts.models import Organisation, User
from accounts.permissions import Role
from accounts.rules import users as rules
from accounts.steps.organisations import flush_or_refuse
from core import audit
from core.db import require_transaction
from core.permissions import Actor

HASHER = PasswordHasher()
"""As the library advises (RFC 9106, low memory)."""


def register_user(
    *,
    organisation: Organisation,
    role: Role,
    username: str,
    password_hash: str,
    actor: Actor | None,
    now: datetime,
) -> User:
    """A new user; ``actor`` None means that a person signs up and acts as the new user."""
    current = require_transaction()
    user = User(
        username=rules.normalised(username),
        password_hash=password_hash,
        role=role,
        organisation_id=organisation.id,
        active=True,
        created_at=now,
    )
    user.organisation = organisation
    current.add(user)
    flush_or_refuse()
    audit.record(
        actor=user.as_actor() if actor is None else actor,
        now=now,
        action="register",
        subject=user,
        data={"username": user.username, "role": role.value, "organisation_id": organisation.id},
    )
    return user


def hashed(password: str) -> str:
    """The argon2id hash of a password."""
    return HASHER.hash(password)


def matches(password: str, user: User | None) -> bool:
    """Whether the password is the user's; an unknown user costs as much time as a known one."""
    try:
        proven = HASHER.verify(_nobodys_hash() if user is None else user.password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(proven) and user is not None and user.active


@cache
def _nobodys_hash() -> str:
    return hashed("nobody has this password")
