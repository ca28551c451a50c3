"""The pause after too many wrong passwords and codes, whichever way they come in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from accounts.models import SignInAttempt, SignUp
from accounts.rules.users import (
    SIGN_UP_WINDOW,
    SIGN_UPS_PER_ADDRESS,
    THROTTLE,
    Failures,
    must_wait,
    normalised,
)
from core.db import require_transaction
from core.errors import TooManyAttempts
from core.turns import queue_for


class SignInPaused(TooManyAttempts):
    """Too many wrong passwords or codes for this user or from this address; sign-in pauses for some minutes."""

    code = "sign_in_paused"


class SignUpPaused(TooManyAttempts):
    """Too many registrations from this address within the hour."""

    code = "sign_up_paused"


def open_attempt(*, username: str, address: str, now: datetime) -> None:
    """Queue behind other attempts of the user, so that parallel guesses are counted too; refuse one too many unread.

    Raises :class:`SignInPaused`.
    """
    name = normalised(username)
    queue_for(f"sign_in:{name}")
    if must_wait(_failures(name, address, now), THROTTLE):
        raise SignInPaused(minutes=int(THROTTLE.window.total_seconds() // 60))


def count_attempt(*, username: str, address: str, succeeded: bool, now: datetime) -> None:
    """Note how an attempt ended. The use case must commit it before it refuses."""
    require_transaction().add(
        SignInAttempt(username=normalised(username), address=address, at=now, succeeded=succeeded)
    )


def count_sign_up(*, address: str, now: datetime) -> None:
    """Note a visitor's registration, or refuse it where there were too many; raises :class:`SignUpPaused`."""
    queue_for(f"sign_up:{address}")
    session = require_transaction()
    recent = select(func.count()).where(SignUp.address == address, SignUp.at > now - SIGN_UP_WINDOW)
    if (session.scalar(recent) or 0) >= SIGN_UPS_PER_ADDRESS:
        raise SignUpPaused(minutes=int(SIGN_UP_WINDOW.total_seconds() // 60))
    session.add(SignUp(address=address, at=now))


def _failures(username: str, address: str, now: datetime) -> Failures:
    """Wrong passwords and codes within the window.

    Those of a user from an address count since its last right one there.
    """
    attempt = SignInAttempt
    last_success = (
        select(func.max(attempt.at))
        .where(attempt.username == username, attempt.address == address, attempt.succeeded)
        .scalar_subquery()
    )
    since = now - THROTTLE.window
    by_user = attempt.username == username
    by_address = attempt.address == address
    counted = require_transaction().execute(
        select(
            func.count().filter(by_user, by_address, attempt.at > func.coalesce(last_success, since)),
            func.count().filter(by_user),
            func.count().filter(by_address),
        ).where(attempt.at > since, ~attempt.succeeded, by_user | by_address)
    )
    narrow, user, everywhere = counted.one()
    return Failures(by_user_and_address=narrow, by_user=user, by_address=everywhere)
