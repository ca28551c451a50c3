"""Signing in and out over HTTP."""

from __future__ import annotations

from accounts import service
from accounts.api.edge import presented_token
from accounts.permissions import anyone, signed_in
from accounts.schemas.users import IssuedTokenSchema, SignInSchema
from accounts.service.tokens import CodeNeeded, SignInRefused
from accounts.steps import IssuedToken
from accounts.steps.attempts import SignInPaused
from core import clock
from core.http import Blueprint, allow, current_actor, problems
from core.http.address import client_address

tokens = Blueprint("tokens", __name__, url_prefix="/tokens", description="Signing in and out.")


@tokens.route("", methods=["POST"])
@allow(anyone)
@problems(SignInRefused, CodeNeeded, SignInPaused)
@tokens.arguments(SignInSchema)
@tokens.response(201, IssuedTokenSchema)
def sign_in(given: dict[str, str]) -> IssuedToken:
    """Sign in

    A token for a user name and its password. A user who has set up an authenticator app gives a code of it, or a
    recovery code, as `otp`; without it the answer is `code_needed`. After several wrong attempts sign-in pauses for
    some minutes.
    """
    return service.tokens.sign_in(
        username=given["username"],
        password=given["password"],
        otp=given.get("otp"),
        address=client_address(),
        now=clock.now(),
    )


@tokens.route("/current", methods=["DELETE"])
@allow(signed_in)
@tokens.response(204)
def sign_out() -> None:
    """Sign out

    Revokes the token of this call.
    """
    service.tokens.sign_out(token=presented_token(), actor=current_actor(), now=clock.now())
