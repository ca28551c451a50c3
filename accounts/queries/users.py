"""Reads of users and tokens."""

from __future__ import annotations

import hmac
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from accounts.models import ApiToken, User
from accounts.rules import tokens
from core.db import session
from core.errors import NotFound
from core.permissions import Actor


class UserMissing(NotFound):
    """There is no such user."""

    code = "user_missing"


def resolve_actor(token: str, *, now: datetime) -> Actor | None:
    """Who a bearer token stands for; None where it is unknown, expired, revoked or its user inactive."""
    found = find_token(token, now=now)
    return None if found is None else found.user.as_actor()


def find_token(token: str, *, now: datetime) -> ApiToken | None:
    """The live token row of a bearer token, its secret compared in constant time."""
    parts = tokens.split(token)
    if parts is None:
        return None
    prefix, secret = parts
    found = session().scalar(
        select(ApiToken)
        .where(ApiToken.prefix == prefix)
        .options(joinedload(ApiToken.user).joinedload(User.organisation))
    )
    if found is None or not hmac.compare_digest(found.digest, tokens.digest(secret)):
        return None
    live = found.revoked_at is None and now < found.expires_at and found.user.active
    return found if live else None


def find_user(username: str) -> User | None:
    """A user by name, whatever its case."""
    return session().scalar(select(User).where(User.username == username.strip().lower()))


def user(user_id: int) -> User:
    """A user by id; raises :class:`UserMissing`."""
    found = session().get(User, user_id)
    if found is None:
        raise UserMissing
    return found


def actor_of(username: str) -> Actor:
    """The actor a user is, for the command line and seeds; raises :class:`UserMissing`."""
    found = find_user(username)
    if found is None:
        raise UserMissing
    return found.as_actor()
