"""Signing in and out of the API: tokens for passwords and one-time codes, with a pause after too many wrong ones."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete

from accounts.models import SignInAttempt, User
from accounts.queries.second_factors import confirmed_factor
from accounts.queries.users import find_user, token_of
from accounts.steps.attempts import count_attempt, open_attempt
from accounts.steps.second_factors import take_code
from accounts.steps.tokens import LIFETIME, IssuedToken, issue_token
from accounts.steps.users import matches
from core import audit
from core.db import transaction
from core.errors import Unauthenticated
from core.permissions import Actor

ATTEMPTS_KEPT = timedelta(days=30)
"""Longer than any window of the throttle, so that an incident can be looked into."""


class SignInRefused(Unauthenticated):
    """The user name, the password or the one-time code is wrong."""

    code = "sign_in_refused"


class CodeNeeded(Unauthenticated):
    """This user signs in with a one-time code as well; give it as otp."""

    code = "code_needed"


def sign_in(*, username: str, password: str, otp: str | None, address: str, now: datetime) -> IssuedToken:
    """A token for a user name and its password, and for a one-time code where the user has set up an app for it.

    Raises :class:`SignInRefused` alike for an unknown user, a wrong password, a wrong code and an inactive user;
    :class:`CodeNeeded` where the password is right and the code is missing; and :class:`SignInPaused` without looking
    at the password. All count as attempts, and are raised after the attempt is committed.
    """
    issued: IssuedToken | None = None
    with transaction():
        open_attempt(username=username, address=address, now=now)
        user = find_user(username)
        password_right = matches(password, user)
        missing = False
        if user is not None and password_right:
            missing, proven = _second_proof(user, otp, now)
            issued = issue_token(user=user, lifetime=LIFETIME, now=now) if proven else None
        count_attempt(username=username, address=address, succeeded=issued is not None, now=now)
    if issued is None:
        raise CodeNeeded if missing else SignInRefused
    return issued


def sign_out(*, token: str, actor: Actor, now: datetime) -> None:
    """Revoke the token in use."""
    with transaction():
        found = token_of(token, now=now)
        if found is None:
            raise SignInRefused
        found.revoked_at = now
        audit.record(actor=actor, now=now, action="revoke", subject=found)


def forget_attempts(*, now: datetime) -> int:
    """Delete attempts to sign in that no longer count, as who tried when is not kept for ever; returns how many."""
    with transaction() as session:
        gone = session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - ATTEMPTS_KEPT))
        return int(getattr(gone, "rowcount", 0))


def _second_proof(user: User, otp: str | None, now: datetime) -> tuple[bool, bool]:
    """Whether a code is missing, and whether all that is needed was proven."""
    factor = confirmed_factor(user.id)
    if factor is None:
        return False, True
    if otp is None:
        return True, False
    return False, take_code(factor=factor, code=otp, now=now)
