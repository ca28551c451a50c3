"""Users made by the administrator, and what users do about themselves. Accounts only: no money here."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from accounts.kinds import OrganisationKind
from accounts.models import User
from accounts.permissions import Role, may_create_user, signed_in
from accounts.queries.organisations import Seat, find_organisation
from accounts.queries.users import UserMissing, find_user, user
from accounts.rules.registration import Application
from accounts.rules.users import (
    Credentials,
    credential_faults,
    password_faults,
    role_faults,
)
from accounts.steps.attempts import count_attempt, open_attempt
from accounts.steps.organisations import RegistrationRefused, register_organisation
from accounts.steps.sessions import end_sessions
from accounts.steps.tokens import revoke_tokens
from accounts.steps.users import hashed, matches, register_user
from core import audit
from core.db import transaction
from core.errors import Conflict, Forbidden, Refused, reason, refuse_all
from core.permissions import SYSTEM, Actor, authorise
from core.turns import queue_for


class PasswordWrong(Refused):
    """The present password is wrong."""

    code = "password_wrong"


class OwnAccount(Forbidden):
    """Nobody switches off the account in use."""

    code = "own_account"


class AdministratorExists(Conflict):
    """There is an administrator already, who makes further users."""

    code = "administrator_exists"


def create_user(*, organisation_id: int, role: Role, credentials: Credentials, actor: Actor, now: datetime) -> User:
    """A further user of an organisation; its role must be one of that kind's. Names every fault at once."""
    with transaction():
        authorise(actor, may_create_user)
        organisation = find_organisation(organisation_id, actor=actor)
        found = credential_faults(credentials) + role_faults(role, kind=organisation.kind)
        if find_user(credentials.username) is not None:
            found.append(reason("username_taken", field="username"))
        refuse_all(found, error=RegistrationRefused)
        return register_user(
            organisation=organisation,
            role=role,
            username=credentials.username,
            password_hash=hashed(credentials.password),
            actor=actor,
            now=now,
        )


def create_first_administrator(*, organisation: str, credentials: Credentials, now: datetime) -> User:
    """The administrator of an empty platform, with the operator's organisation; the system acts."""
    with transaction() as session:
        queue_for("first_administrator")
        if session.scalar(select(User.id).where(User.role == Role.ADMIN).limit(1)) is not None:
            raise AdministratorExists
        found = credential_faults(credentials)
        if find_user(credentials.username) is not None:
            found.append(reason("username_taken", field="username"))
        refuse_all(found, error=RegistrationRefused)
        operator = register_organisation(
            application=Application(kind=OrganisationKind.OPERATOR, name=organisation),
            seat=Seat(county=None, city=None, in_province=True),
            actor=SYSTEM,
            now=now,
        )
        return register_user(
            organisation=operator,
            role=Role.ADMIN,
            username=credentials.username,
            password_hash=hashed(credentials.password),
            actor=SYSTEM,
            now=now,
        )


def set_active(*, user_id: int, active: bool, actor: Actor, now: datetime) -> User:
    """Switch a user off, revoking the tokens and ending the sessions, or on again."""
    with transaction() as session:
        authorise(actor, may_create_user)
        found = session.scalar(select(User).where(User.id == user_id).with_for_update(of=User))
        if found is None:
            raise UserMissing
        if found.id == actor.user_id:
            raise OwnAccount
        found.active = active
        if not active:
            revoke_tokens(user_id=found.id, now=now)
            end_sessions(user_id=found.id, now=now)
        audit.record(actor=actor, now=now, action="activate" if active else "deactivate", subject=found)
        return found


def change_password(*, present: str, wanted: str, keep: int | None, address: str, actor: Actor, now: datetime) -> None:
    """Set a new password, revoke every token of the user and end every session but ``keep``, the one in use.

    A wrong present password counts like one at signing in.
    """
    with transaction():
        authorise(actor, signed_in)
        if actor.user_id is None:
            raise UserMissing
        found = user(actor.user_id)
        refuse_all(password_faults(wanted, username=found.username), error=RegistrationRefused)
        open_attempt(username=found.username, address=address, now=now)
        proven = matches(present, found)
        count_attempt(username=found.username, address=address, succeeded=proven, now=now)
        if proven:
            found.password_hash = hashed(wanted)
            revoke_tokens(user_id=found.id, now=now)
            end_sessions(user_id=found.id, keep=keep, now=now)
            audit.record(actor=actor, now=now, action="change_password", subject=found)
    if not proven:
        raise PasswordWrong
