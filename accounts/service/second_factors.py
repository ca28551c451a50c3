"""The second factor: an authenticator app, and the codes for the day it is lost.

Each change of it asks for the password again, so that a browser left open does not hand the account over; wrong ones
count like those at signing in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from accounts.permissions import signed_in
from accounts.queries.second_factors import confirmed_factor, second_factor
from accounts.queries.users import UserMissing, user
from accounts.rules import totp
from accounts.service.users import PasswordWrong
from accounts.steps.attempts import count_attempt, open_attempt
from accounts.steps.second_factors import drop_factor, issue_recovery_codes, open_factor, take_code
from accounts.steps.users import matches
from core import audit
from core.db import transaction
from core.errors import Conflict, Refused
from core.permissions import Actor, authorise


class SecondFactorExists(Conflict):
    """An authenticator app is set up already; it must be removed before another one."""

    code = "second_factor_exists"


class SecondFactorMissing(Conflict):
    """No authenticator app is set up."""

    code = "second_factor_missing"


class CodeRefused(Refused):
    """The one-time code is wrong, or was used before."""

    code = "code_refused"


@dataclass(frozen=True, slots=True)
class StartedFactor:
    """What the app must be told: the secret, and the address that a QR code carries it in."""

    secret: str
    uri: str


def start_totp(*, password: str, address: str, actor: Actor, now: datetime) -> StartedFactor:
    """A secret for the actor's app. It counts for nothing until a code of it is confirmed; a new start replaces it."""
    started: StartedFactor | None = None
    with transaction():
        owner = _owner(actor)
        open_attempt(username=owner.username, address=address, now=now)
        if confirmed_factor(owner.id) is not None:
            raise SecondFactorExists
        proven = matches(password, owner)
        count_attempt(username=owner.username, address=address, succeeded=proven, now=now)
        if proven:
            factor = open_factor(user=owner, now=now)
            audit.record(actor=actor, now=now, action="start", subject=factor)
            started = StartedFactor(factor.secret, totp.address_of(factor.secret, username=owner.username))
    if started is None:
        raise PasswordWrong
    return started


def confirm_totp(*, code: str, address: str, actor: Actor, now: datetime) -> list[str]:
    """The app shows the right code: from now on signing in asks for one. Returns the recovery codes, this once."""
    issued: list[str] = []
    with transaction():
        owner = _owner(actor)
        open_attempt(username=owner.username, address=address, now=now)
        factor = second_factor(owner.id)
        if factor is None:
            raise SecondFactorMissing
        if factor.confirmed_at is not None:
            raise SecondFactorExists
        proven = take_code(factor=factor, code=code, now=now)
        count_attempt(username=owner.username, address=address, succeeded=proven, now=now)
        if proven:
            factor.confirmed_at = now
            audit.record(actor=actor, now=now, action="confirm", subject=factor)
            issued = issue_recovery_codes(factor=factor, actor=actor, now=now)
    if not proven:
        raise CodeRefused
    return issued


def stop_totp(*, password: str, code: str, address: str, actor: Actor, now: datetime) -> None:
    """Remove the app; the password and a code, or a recovery code, prove that it is its owner who does so."""
    with transaction():
        owner = _owner(actor)
        open_attempt(username=owner.username, address=address, now=now)
        factor = confirmed_factor(owner.id)
        if factor is None:
            raise SecondFactorMissing
        password_right = matches(password, owner)
        proven = password_right and take_code(factor=factor, code=code, now=now)
        count_attempt(username=owner.username, address=address, succeeded=proven, now=now)
        if proven:
            drop_factor(factor=factor, actor=actor, now=now)
    if not proven:
        raise CodeRefused if password_right else PasswordWrong


def new_recovery_codes(*, password: str, address: str, actor: Actor, now: datetime) -> list[str]:
    """Ten new recovery codes in the place of those before; shown this once."""
    issued: list[str] = []
    with transaction():
        owner = _owner(actor)
        open_attempt(username=owner.username, address=address, now=now)
        factor = confirmed_factor(owner.id)
        if factor is None:
            raise SecondFactorMissing
        proven = matches(password, owner)
        count_attempt(username=owner.username, address=address, succeeded=proven, now=now)
        if proven:
            issued = issue_recovery_codes(factor=factor, actor=actor, now=now)
    if not proven:
        raise PasswordWrong
    return issued


def _owner(actor: Actor) -> User:
    authorise(actor, signed_in)
    if actor.user_id is None:
        raise UserMissing
    return user(actor.user_id)
