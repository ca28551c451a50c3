"""Opening, proving and ending sessions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from accounts.models import User, UserSession
from accounts.rules import sessions as rules
from accounts.rules import tokens
from accounts.steps.tokens import new_token
from core import audit
from core.db import require_transaction


def open_session(*, user: User, proven: bool, address: str, agent: str, now: datetime) -> str:
    """A new session of a user and its token, which is shown this once."""
    prefix, secret = new_token()
    row = UserSession(
        user_id=user.id,
        prefix=prefix,
        digest=tokens.digest(secret),
        created_at=now,
        last_seen_at=now,
        expires_at=now + rules.LIFETIME,
        proven_at=now if proven else None,
        address=address,
        agent=rules.named(agent),
    )
    require_transaction().add(row)
    audit.record(actor=user.as_actor(), now=now, action="begin", subject=row, data={"proven": proven})
    return tokens.join(prefix, secret)


def prove_session(*, found: UserSession, now: datetime) -> str:
    """The second factor was shown: from now on another token stands for the session, and the first for nothing."""
    require_transaction()
    prefix, secret = new_token()
    found.prefix, found.digest = prefix, tokens.digest(secret)
    found.proven_at = found.last_seen_at = now
    audit.record(actor=found.user.as_actor(), now=now, action="prove", subject=found)
    return tokens.join(prefix, secret)


def end_sessions(*, user_id: int, now: datetime, keep: int | None = None) -> None:
    """End every session of a user, perhaps but one."""
    require_transaction().execute(
        update(UserSession)
        .where(UserSession.user_id == user_id, UserSession.ended_at.is_(None), UserSession.id != (keep or 0))
        .values(ended_at=now)
    )
