"""A forgotten password: the administrator gives leave, the user sets a new one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from accounts.models import PasswordRecovery, User
from accounts.permissions import may_issue_recovery
from accounts.queries.second_factors import second_factor
from accounts.queries.users import UserMissing, find_user
from accounts.rules import codes
from accounts.rules.users import normalised, password_faults
from accounts.steps.attempts import count_attempt, open_attempt
from accounts.steps.second_factors import drop_factor, new_code
from accounts.steps.sessions import end_sessions
from accounts.steps.tokens import revoke_tokens
from accounts.steps.users import hashed
from core import audit
from core.db import require_transaction, transaction
from core.errors import Forbidden, Refused, Unauthenticated, refuse_all
from core.permissions import Actor, authorise

VALID_FOR = timedelta(hours=24)
"""Long enough to hand the code over in person or by telephone."""


class OwnRecovery(Forbidden):
    """Nobody issues a recovery code for the account in use."""

    code = "own_recovery"


class RecoveryRefused(Unauthenticated):
    """The user name or the recovery code is wrong, or the code was used or is too old."""

    code = "recovery_refused"


class NewPasswordRefused(Refused):
    """The new password does not do."""

    code = "new_password_refused"


@dataclass(frozen=True, slots=True)
class IssuedRecovery:
    """A recovery code as the administrator hands it on, once."""

    code: str
    expires_at: datetime


def issue_recovery(*, user_id: int, reset_second_factor: bool, actor: Actor, now: datetime) -> IssuedRecovery:
    """A code with which the user may set a new password within a day; one issued before is void.

    With ``reset_second_factor`` its use removes the authenticator app too, for whoever lost the telephone as well.
    """
    with transaction() as session:
        authorise(actor, may_issue_recovery)
        found = session.scalar(select(User).where(User.id == user_id).with_for_update(of=User))
        if found is None:
            raise UserMissing
        if found.id == actor.user_id:
            raise OwnRecovery
        _end_open(found.id, now)
        code = new_code()
        row = PasswordRecovery(
            user_id=found.id,
            digest=codes.digest(code),
            reset_second_factor=reset_second_factor,
            issued_by=actor.user_id,
            issued_at=now,
            expires_at=now + VALID_FOR,
        )
        session.add(row)
        audit.record(
            actor=actor,
            now=now,
            action="issue",
            subject=row,
            data={"user_id": found.id, "reset_second_factor": reset_second_factor},
        )
        return IssuedRecovery(code=code, expires_at=row.expires_at)


def recover(*, username: str, code: str, wanted: str, address: str, now: datetime) -> None:
    """Set a new password with a recovery code; every token and session of the user ends.

    Raises :class:`NewPasswordRefused`, :class:`SignInPaused`, and :class:`RecoveryRefused` alike for an unknown user,
    a wrong or spent code and an inactive user, after the attempt is committed.
    """
    refuse_all(password_faults(wanted, username=normalised(username)), error=NewPasswordRefused)
    with transaction():
        open_attempt(username=username, address=address, now=now)
        found = find_user(username)
        leave = None if found is None or not found.active else _leave(found.id, code, now)
        count_attempt(username=username, address=address, succeeded=leave is not None, now=now)
        if found is not None and leave is not None:
            _set_password(found, leave, wanted, now)
    if leave is None:
        raise RecoveryRefused


def _leave(user_id: int, code: str, now: datetime) -> PasswordRecovery | None:
    return require_transaction().scalar(
        select(PasswordRecovery)
        .where(
            PasswordRecovery.user_id == user_id,
            PasswordRecovery.digest == codes.digest(code),
            PasswordRecovery.ended_at.is_(None),
            PasswordRecovery.expires_at > now,
        )
        .with_for_update()
    )


def _set_password(found: User, leave: PasswordRecovery, wanted: str, now: datetime) -> None:
    actor = found.as_actor()
    leave.ended_at = now
    found.password_hash = hashed(wanted)
    factor = second_factor(found.id)
    if leave.reset_second_factor and factor is not None:
        drop_factor(factor=factor, actor=actor, now=now)
    revoke_tokens(user_id=found.id, now=now)
    end_sessions(user_id=found.id, now=now)
    audit.record(actor=actor, now=now, action="recover", subject=found, data={"recovery_id": leave.id})


def _end_open(user_id: int, now: datetime) -> None:
    require_transaction().execute(
        update(PasswordRecovery)
        .where(PasswordRecovery.user_id == user_id, PasswordRecovery.ended_at.is_(None))
        .values(ended_at=now)
    )
