"""Reads of second factors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from accounts.models import RecoveryCode, SecondFactor
from core.db import session
from core.errors import NotFound
from core.permissions import Actor


class NothingStarted(NotFound):
    """No authenticator app is being set up."""

    code = "nothing_started"


@dataclass(frozen=True, slots=True)
class Protection:
    """What stands between a user's password and the account: since when an app, and how many codes are left."""

    second_factor_since: datetime | None
    recovery_codes_left: int


def second_factor(user_id: int) -> SecondFactor | None:
    """The second factor of a user, confirmed or not, as it is now in the database."""
    found = select(SecondFactor).where(SecondFactor.user_id == user_id).execution_options(populate_existing=True)
    return session().scalar(found)


def confirmed_factor(user_id: int) -> SecondFactor | None:
    """The second factor that signing in asks for, or None where the password is enough."""
    found = second_factor(user_id)
    return None if found is None or found.confirmed_at is None else found


def started_factor(actor: Actor) -> SecondFactor:
    """The actor's own second factor that waits for its first code; raises :class:`NothingStarted`."""
    found = None if actor.user_id is None else second_factor(actor.user_id)
    if found is None or found.confirmed_at is not None:
        raise NothingStarted
    return found


def protection(actor: Actor) -> Protection:
    """How the actor's own account is protected."""
    if actor.user_id is None:
        return Protection(second_factor_since=None, recovery_codes_left=0)
    left = select(func.count()).where(RecoveryCode.user_id == actor.user_id, RecoveryCode.used_at.is_(None))
    factor = confirmed_factor(actor.user_id)
    return Protection(
        second_factor_since=None if factor is None else factor.confirmed_at,
        recovery_codes_left=session().scalar(left) or 0,
    )
