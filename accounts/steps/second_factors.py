"""Second factors and what replaces them: writing them, and taking a code."""

from __future__ import annotations

import secrets
from datetime import datetime

import pyotp
from sqlalchemy import delete, update

from accounts.models import RecoveryCode, SecondFactor, User
from accounts.queries.second_factors import second_factor
from accounts.rules import codes, totp
from core import audit
from core.db import require_transaction
from core.permissions import Actor

RECOVERY_CODES = 10
SECRET_CHARACTERS = 32
"""160 bits, as RFC 4226 recommends."""


def new_code() -> str:
    """A random code as its user gets it, in groups."""
    return codes.written("".join(secrets.choice(codes.ALPHABET) for _ in range(codes.LENGTH)))


def open_factor(*, user: User, now: datetime) -> SecondFactor:
    """A new secret for a user, in the place of one never confirmed."""
    session = require_transaction()
    factor = second_factor(user.id) or SecondFactor(user_id=user.id)
    factor.secret = pyotp.random_base32(SECRET_CHARACTERS)
    factor.created_at = now
    session.add(factor)
    session.flush()
    return factor


def take_code(*, factor: SecondFactor, code: str, now: datetime) -> bool:
    """Whether the app's present code, or a recovery code, was given; either is spent by it.

    The caller has queued the user's attempts, so that two requests do not spend one code.
    """
    step = totp.accepted_step(factor.secret, code, now=now, last_used_step=factor.last_used_step)
    if step is not None:
        factor.last_used_step = step
        return True
    spent = require_transaction().execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == factor.user_id,
            RecoveryCode.digest == codes.digest(code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.id)
    )
    return spent.first() is not None


def issue_recovery_codes(*, factor: SecondFactor, actor: Actor, now: datetime) -> list[str]:
    """Ten new recovery codes; those before are void. They are shown this once."""
    session = require_transaction()
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == factor.user_id))
    issued = [new_code() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(user_id=factor.user_id, digest=codes.digest(each), created_at=now) for each in issued)
    audit.record(actor=actor, now=now, action="issue_recovery_codes", subject=factor)
    return issued


def drop_factor(*, factor: SecondFactor, actor: Actor, now: datetime) -> None:
    """Forget the secret and the recovery codes."""
    session = require_transaction()
    audit.record(actor=actor, now=now, action="remove", subject=factor)
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == factor.user_id))
    session.delete(factor)
