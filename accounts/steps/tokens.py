"""Issuing and revoking bearer tokens."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update

from accounts.models import ApiToken, User
from accounts.rules import tokens
from core import audit
from core.db import require_transaction

LIFETIME = timedelta(hours=12)
PREFIX_BYTES = 9
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token as its user gets it, once."""

    token: str
    expires_at: datetime


def issue_token(*, user: User, lifetime: timedelta, now: datetime) -> IssuedToken:
    """A new token of a user, valid for ``lifetime``."""
    prefix, secret = new_token()
    row = ApiToken(
        user_id=user.id,
        prefix=prefix,
        digest=tokens.digest(secret),
        created_at=now,
        expires_at=now + lifetime,
    )
    require_transaction().add(row)
    audit.record(actor=user.as_actor(), now=now, action="issue", subject=row)
    return IssuedToken(token=tokens.join(prefix, secret), expires_at=row.expires_at)


def new_token() -> tuple[str, str]:
    """A random prefix and secret."""
    return secrets.token_urlsafe(PREFIX_BYTES), secrets.token_urlsafe(SECRET_BYTES)


def revoke_tokens(*, user_id: int, now: datetime) -> None:
    """Revoke every token of a user."""
    require_transaction().execute(
        update(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None)).values(revoked_at=now)
    )
