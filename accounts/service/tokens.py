"""Signing in and out: tokens for passwords, with a pause after too many wrong ones."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from accounts.models import SignInAttempt
from accounts.queries.users import find_token, find_user
from accounts.rules.users import THROTTLE, Failures, must_wait, normalised
from accounts.steps.tokens import LIFETIME, IssuedToken, issue_token
from accounts.steps.users import matches
from core import audit
from core.db import require_transaction, transaction
from core.errors import TooManyAttempts, Unauthenticated
from core.permissions import Actor

ATTEMPTS_KEPT = timedelta(days=30)
"""Longer than any window of the throttle, so that an incident can be looked into."""


class SignInRefused(Unauthenticated):
    """The user name or the password is wrong."""

    code = "sign_in_refused"


class SignInPaused(TooManyAttempts):
    """Too many wrong passwords for this user or from this address; sign-in pauses for some minutes."""

    code = "sign_in_paused"


def sign_in(*, username: str, password: str, address: str, now: datetime) -> IssuedToken:
    """A token for a user name and its password.

    Raises :class:`SignInRefused` alike for an unknown user, a wrong password and an inactive user, and
    :class:`SignInPaused` without looking at the password. Both are raised after the attempt is committed.
    """
    name = normalised(username)
    with transaction() as session:
        # One attempt at a time for a user, so that parallel guesses are counted too.
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"sign_in:{name}", 0))))
        if must_wait(_failures(name, address, now), THROTTLE):
            raise SignInPaused(minutes=int(THROTTLE.window.total_seconds() // 60))
        user = find_user(name)
        proven = matches(password, user)
        session.add(SignInAttempt(username=name, address=address, at=now, succeeded=proven))
        issued = issue_token(user=user, lifetime=LIFETIME, now=now) if proven and user is not None else None
    if issued is None:
        raise SignInRefused
    return issued


def sign_out(*, token: str, actor: Actor, now: datetime) -> None:
    """Revoke the token in use."""
    with transaction():
        found = find_token(token, now=now)
        if found is None:
            raise SignInRefused
        found.revoked_at = now
        audit.record(actor=actor, now=now, action="revoke", subject=found)


def forget_attempts(*, now: datetime) -> int:
    """Delete attempts to sign in that no longer count, as who tried when is not kept for ever; returns how many."""
    with transaction() as session:
        gone = session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - ATTEMPTS_KEPT))
        return int(getattr(gone, "rowcount", 0))


def _failures(username: str, address: str, now: datetime) -> Failures:
    """Wrong passwords within the window.

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
