"""Who is signed in."""

from __future__ import annotations

from typing import Any

from accounts import queries, service
from accounts.permissions import signed_in
from accounts.schemas.users import MeSchema, PasswordChangeSchema
from accounts.service.users import PasswordWrong
from accounts.steps.attempts import SignInPaused
from accounts.steps.organisations import RegistrationRefused
from core import clock
from core.http import Blueprint, allow, current_actor, problems
from core.http.address import client_address

me = Blueprint("me", __name__, url_prefix="/me", description="The user signed in.")


@me.route("", methods=["GET"])
@allow(signed_in)
@me.response(200, MeSchema)
def show() -> dict[str, Any]:
    """Who is signed in

    User, organisation with where it sits today, roles, and the organisations the user acts for.
    """
    return queries.myself(current_actor(), on=clock.today(clock.now()))


@me.route("/password", methods=["POST"])
@allow(signed_in)
@problems(PasswordWrong, RegistrationRefused, SignInPaused)
@me.arguments(PasswordChangeSchema)
@me.response(204)
def change_password(given: dict[str, str]) -> None:
    """Change the password

    Revokes every token of the user, that of this call included, and signs every browser out.
    """
    service.users.change_password(
        present=given["present"],
        wanted=given["wanted"],
        keep=None,
        address=client_address(),
        actor=current_actor(),
        now=clock.now(),
    )
