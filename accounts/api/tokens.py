"""Signing in and out over HTTP."""

from __future__ import annotations

from flask import request

from accounts import service
from accounts.api.edge import presented_token
from accounts.permissions import anyone, signed_in
from accounts.schemas.users import IssuedTokenSchema, SignInSchema
from accounts.service.tokens import SignInPaused, SignInRefused
from accounts.steps import IssuedToken
from core import clock
from core.http import Blueprint, allow, current_actor, problems

tokens = Blueprint("tokens", __name__, url_prefix="/tokens", description="Signing in and out.")


@tokens.route("", methods=["POST"])
@allow(anyone)
@problems(SignInRefused, SignInPaused)
@tokens.arguments(SignInSchema)
@tokens.response(201, IssuedTokenSchema)
def sign_in(given: dict[str, str]) -> IssuedToken:
    """Sign in

    A token for a user name and its password. After several wrong passwords sign-in pauses for some minutes.
    """
    return service.tokens.sign_in(
        username=given["username"],
        password=given["password"],
        address=request.remote_addr or "",
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
