"""Signing in with a browser: password, one-time code, and the sessions that come of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, update

from accounts.models import PasswordRecovery, SignUp, UserSession
from accounts.permissions import signed_in
from accounts.queries.second_factors import confirmed_factor
from accounts.queries.sessions import SessionMissing, find_session, own_session
from accounts.queries.users import find_user
from accounts.rules import sessions as rules
from accounts.service.tokens import SignInRefused
from accounts.steps.attempts import count_attempt, open_attempt
from accounts.steps.second_factors import take_code
from accounts.steps.sessions import end_sessions, open_session, prove_session
from accounts.steps.users import matches
from core import audit
from core.db import transaction
from core.errors import Unauthenticated
from core.permissions import Actor, authorise


class CodeWrong(Unauthenticated):
    """The one-time code is wrong, or was used before."""

    code = "code_wrong"


class SessionOver(Unauthenticated):
    """The time for the one-time code is over; signing in begins anew."""

    code = "session_over"


@dataclass(frozen=True, slots=True)
class Begun:
    """The token of a new session, and whether it still needs a one-time code before it is good for anything else."""

    token: str
    needs_code: bool


def begin(*, username: str, password: str, address: str, agent: str, now: datetime) -> Begun:
    """A session for a user name and its password.

    Raises :class:`SignInRefused` alike for an unknown user, a wrong password and an inactive user, and
    :class:`SignInPaused` without looking at the password. Both are raised after the attempt is committed. Where a code
    is still to come the attempt is not yet a right one: only :func:`prove` clears what was mistyped before.
    """
    begun = None
    with transaction():
        open_attempt(username=username, address=address, now=now)
        user = find_user(username)
        proven = matches(password, user)
        if user is None or not proven:
            count_attempt(username=username, address=address, succeeded=False, now=now)
        else:
            needs_code = confirmed_factor(user.id) is not None
            if not needs_code:
                count_attempt(username=username, address=address, succeeded=True, now=now)
            token = open_session(user=user, proven=not needs_code, address=address, agent=agent, now=now)
            begun = Begun(token=token, needs_code=needs_code)
    if begun is None:
        raise SignInRefused
    return begun


def prove(*, token: str, code: str, address: str, now: datetime) -> str:
    """Show the second factor: the app's code or a recovery code. Returns the token that stands for the session now.

    Raises :class:`SessionOver`, :class:`SignInPaused`, and :class:`CodeWrong` after the attempt is committed.
    """
    pending = find_session(token, now=now)
    if pending is None:
        raise SessionOver
    username, fresh = pending.user.username, None
    with transaction():
        open_attempt(username=username, address=address, now=now)
        # Read again: another request may have proven it while this one waited.
        found = find_session(token, now=now)
        factor = None if found is None else confirmed_factor(found.user_id)
        if found is None or factor is None or found.proven_at is not None:
            raise SessionOver
        right = take_code(factor=factor, code=code, now=now)
        count_attempt(username=username, address=address, succeeded=right, now=now)
        if right:
            fresh = prove_session(found=found, now=now)
    if fresh is None:
        raise CodeWrong
    return fresh


def touch(*, session_id: int, now: datetime) -> None:
    """Note that a session is in use, at most every few minutes, lest every page be a write."""
    with transaction() as session:
        session.execute(
            update(UserSession)
            .where(
                UserSession.id == session_id,
                UserSession.ended_at.is_(None),
                UserSession.last_seen_at <= now - rules.SEEN_EVERY,
            )
            .values(last_seen_at=now)
        )


def end(*, token: str, actor: Actor, now: datetime) -> None:
    """Sign out of the session in use."""
    with transaction():
        found = find_session(token, now=now)
        if found is None or found.user_id != actor.user_id:
            raise SessionMissing
        found.ended_at = now
        audit.record(actor=actor, now=now, action="end", subject=found)


def end_one(*, session_id: int, actor: Actor, now: datetime) -> None:
    """End one of one's own sessions."""
    with transaction():
        authorise(actor, signed_in)
        found = own_session(session_id, actor=actor, now=now)
        found.ended_at = now
        audit.record(actor=actor, now=now, action="end", subject=found)


def end_others(*, session_id: int, actor: Actor, now: datetime) -> None:
    """End all of one's own sessions but one."""
    with transaction():
        authorise(actor, signed_in)
        kept = own_session(session_id, actor=actor, now=now)
        end_sessions(user_id=kept.user_id, keep=kept.id, now=now)
        audit.record(actor=actor, now=now, action="end_others", subject=kept)


def forget_sessions(*, now: datetime) -> int:
    """Delete sessions, recoveries and sign-ups long over, as who was where is not kept for ever; returns how many."""
    before = now - rules.KEPT
    with transaction() as session:
        gone = [
            session.execute(
                delete(UserSession).where(or_(UserSession.ended_at < before, UserSession.expires_at < before))
            ),
            session.execute(
                delete(PasswordRecovery).where(
                    or_(PasswordRecovery.ended_at < before, PasswordRecovery.expires_at < before)
                )
            ),
            session.execute(delete(SignUp).where(SignUp.at < before)),
        ]
        return sum(int(getattr(each, "rowcount", 0)) for each in gone)
