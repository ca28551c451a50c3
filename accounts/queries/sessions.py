"""Reads of sessions."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from accounts.models import User, UserSession
from accounts.rules import tokens
from accounts.rules.sessions import IDLE
from core.db import session
from core.errors import NotFound
from core.permissions import Actor


class SessionMissing(NotFound):
    """There is no such session of this user."""

    code = "session_missing"


def proven_session(token: str, *, now: datetime) -> UserSession | None:
    """The session that signs a browser in; None where it is unknown, over, unproven or its user inactive."""
    found = find_session(token, now=now)
    return None if found is None or found.proven_at is None else found


def find_session(token: str, *, now: datetime) -> UserSession | None:
    """The live session of a token with its user and organisation, in one query; perhaps one still to be proven."""
    parts = tokens.split(token)
    if parts is None:
        return None
    prefix, secret = parts
    found = session().scalar(
        select(UserSession)
        .where(UserSession.prefix == prefix)
        .options(joinedload(UserSession.user).joinedload(User.organisation))
    )
    if found is None or not hmac.compare_digest(found.digest, tokens.digest(secret)):
        return None
    return found if found.is_live(now) and found.user.active else None


def live_sessions(actor: Actor, *, now: datetime) -> Select[tuple[UserSession]]:
    """The actor's own sessions that may be used now."""
    return select(UserSession).where(
        UserSession.user_id == actor.user_id,
        UserSession.ended_at.is_(None),
        UserSession.proven_at.is_not(None),
        UserSession.expires_at > now,
        UserSession.last_seen_at > now - IDLE,
    )


def sessions_of(actor: Actor, *, now: datetime) -> Sequence[UserSession]:
    """The actor's own live sessions, the one used last first."""
    found = live_sessions(actor, now=now).order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
    return session().scalars(found).all()


def own_session(session_id: int, *, actor: Actor, now: datetime) -> UserSession:
    """A live session of the actor; any other is missing."""
    found = session().scalar(live_sessions(actor, now=now).where(UserSession.id == session_id))
    if found is None:
        raise SessionMissing
    return found
