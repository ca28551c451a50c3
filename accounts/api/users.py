"""Users over HTTP, for the administrator."""

from __future__ import annotations

from typing import Any

from accounts import service
from accounts.models import User
from accounts.permissions import admin, may_create_user
from accounts.queries.organisations import OrganisationMissing
from accounts.queries.users import UserMissing
from accounts.queries.users import users as known_users
from accounts.rules.users import Credentials
from accounts.schemas.sessions import IssuedPasswordRecoverySchema, NewPasswordRecoverySchema
from accounts.schemas.users import NewUserSchema, UserQuerySchema, UserSchema
from accounts.service.recoveries import IssuedRecovery, OwnRecovery
from accounts.service.users import OwnAccount
from accounts.steps.organisations import RegistrationRefused
from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems

users = Blueprint("users", __name__, url_prefix="/users", description="Accounts of people.")


@users.route("", methods=["POST"])
@allow(may_create_user)
@problems(OrganisationMissing, RegistrationRefused)
@idempotent
@users.arguments(NewUserSchema)
@users.response(201, UserSchema)
def create(given: dict[str, Any]) -> User:
    """Make a user

    Of an organisation that exists; the role must be one of its kind's.
    """
    return service.users.create_user(
        organisation_id=given["organisation_id"],
        role=given["role"],
        credentials=Credentials(username=given["username"], password=given["password"]),
        actor=current_actor(),
        now=clock.now(),
    )


@users.route("", methods=["GET"])
@allow(may_create_user)
@users.arguments(UserQuerySchema, location="query")
@users.response(200, page_schema(UserSchema))
def list_users(given: dict[str, Any]) -> dict[str, Any]:
    """Users"""
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    return page_of(known_users(**given), cursor=cursor, limit=limit, key=User.id)


@users.route("/<int:user_id>/deactivation", methods=["POST"])
@allow(may_create_user)
@problems(UserMissing, OwnAccount)
@idempotent
@users.response(201, UserSchema)
def deactivate(user_id: int) -> User:
    """Switch a user off

    Revokes the user's tokens and signs every browser out.
    """
    return service.users.set_active(user_id=user_id, active=False, actor=current_actor(), now=clock.now())


@users.route("/<int:user_id>/activation", methods=["POST"])
@allow(may_create_user)
@problems(UserMissing, OwnAccount)
@idempotent
@users.response(201, UserSchema)
def activate(user_id: int) -> User:
    """Switch a user on again"""
    return service.users.set_active(user_id=user_id, active=True, actor=current_actor(), now=clock.now())


@users.route("/<int:user_id>/recovery", methods=["POST"])
@allow(admin)
@problems(UserMissing, OwnRecovery)
@users.arguments(NewPasswordRecoverySchema)
@users.response(201, IssuedPasswordRecoverySchema)
def issue_recovery(given: dict[str, bool], user_id: int) -> IssuedRecovery:
    """Help a user who forgot the password

    A code with which the user sets a new one within a day; one issued before is void. Takes no Idempotency-Key, as the
    stored answer would keep the code.
    """
    return service.recoveries.issue_recovery(user_id=user_id, **given, actor=current_actor(), now=clock.now())
