"""Reads of users and tokens."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, bindparam, select

from accounts.kinds import OrganisationKind
from accounts.models import ApiToken, Organisation, User
from accounts.permissions import Role
from accounts.queries.organisations import acts_for, seat
from accounts.rules import tokens
from core.db import ask, session
from core.errors import NotFound
from core.permissions import Actor
from core.statements import Statement


class UserMissing(NotFound):
    """There is no such user."""

    code = "user_missing"


_CALLER = Statement(
    select(
        ApiToken.digest,
        ApiToken.revoked_at,
        ApiToken.expires_at,
        User.active,
        User.id,
        User.organisation_id,
        User.role,
        User.username,
        Organisation.city,
    )
    .join(User, User.id == ApiToken.user_id)
    .join(Organisation, Organisation.id == User.organisation_id)
    .where(ApiToken.prefix == bindparam("prefix"))
)


def resolve_actor(token: str, *, now: datetime) -> Actor | None:
    """Who a bearer token stands for; None where it is unknown, expired, revoked or its user inactive.

    Its secret is compared in constant time.
    """
    parts = tokens.split(token)
    if parts is None:
        return None
    prefix, secret = parts
    (found,) = ask(_CALLER, {"prefix": prefix}) or (None,)
    if found is None or not hmac.compare_digest(found.digest, tokens.digest(secret)):
        return None
    if found.revoked_at is not None or now >= found.expires_at or not found.active:
        return None
    return Actor(
        user_id=found.id,
        organisation_id=found.organisation_id,
        role=found.role.value,
        city=found.city,
        username=found.username,
    )


def token_of(token: str, *, now: datetime) -> ApiToken | None:
    """The live token row of a bearer token."""
    parts = tokens.split(token)
    if parts is None or resolve_actor(token, now=now) is None:
        return None
    return session().scalar(select(ApiToken).where(ApiToken.prefix == parts[0]))


def myself(actor: Actor, *, on: date) -> dict[str, Any]:
    """User, organisation, its seat on a day, roles and the organisations the actor acts for."""
    if actor.user_id is None:
        raise UserMissing
    found = user(actor.user_id)
    return {
        "user": found,
        "organisation": found.organisation,
        "organisation_today": _today(found.organisation, on),
        "roles": [found.role],
        "acts_for": sorted(acts_for(actor)),
    }


@dataclass(frozen=True, slots=True)
class OrganisationToday:
    """An organisation in a few words, where it sits on a day, whether or not its row has followed yet."""

    id: int
    kind: OrganisationKind
    name: str
    uscc: str | None
    county: str | None
    city: str | None
    in_province: bool


def _today(found: Organisation, on: date) -> OrganisationToday:
    sits = seat(found.id, on)
    return OrganisationToday(found.id, found.kind, found.name, found.uscc, sits.county, sits.city, sits.in_province)


def find_user(username: str) -> User | None:
    """A user by name, whatever its case."""
    return session().scalar(select(User).where(User.username == username.strip().lower()))


def users(*, organisation_id: int | None = None, role: Role | None = None) -> Select[tuple[User]]:
    """The users, perhaps only of one organisation or role; for the administrator."""
    found = select(User)
    if organisation_id is not None:
        found = found.where(User.organisation_id == organisation_id)
    return found if role is None else found.where(User.role == role)


def user(user_id: int) -> User:
    """A user by id; raises :class:`UserMissing`."""
    found = session().get(User, user_id)
    if found is None:
        raise UserMissing
    return found


def bureau_has_another(city: str, *, besides: int | None) -> bool:
    """Whether a bureau has an active officer other than one user."""
    found = (
        select(User.id)
        .join(Organisation, Organisation.id == User.organisation_id)
        .where(User.role == Role.CITY_BUREAU, User.active, Organisation.city == city, User.id != (besides or 0))
    )
    return session().scalar(found.limit(1)) is not None


def lock_user(user_id: int) -> None:
    """Hold the user's row until the transaction ends, so that what is declared of the user queues up."""
    session().execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))


def actor_of(username: str) -> Actor:
    """The actor a user is, for the command line and seeds; raises :class:`UserMissing`."""
    found = find_user(username)
    if found is None:
        raise UserMissing
    return found.as_actor()
