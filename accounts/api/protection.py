"""One's own sessions, second factor and recovery over HTTP.

None of the calls takes an Idempotency-Key: the stored answer would keep a secret that is meant to be shown once, and
the count of wrong passwords must be committed although the call is refused.
"""

from __future__ import annotations

from typing import Any

from accounts import service
from accounts.api.me import me
from accounts.models import UserSession
from accounts.permissions import anyone, signed_in
from accounts.queries.sessions import SessionMissing, live_sessions
from accounts.schemas.sessions import (
    FactorConfirmationSchema,
    FactorRemovalSchema,
    OwnPasswordSchema,
    PasswordRecoverySchema,
    RecoveryCodesSchema,
    StartedFactorSchema,
    UserSessionSchema,
)
from accounts.service.recoveries import NewPasswordRefused, RecoveryRefused
from accounts.service.second_factors import CodeRefused, SecondFactorExists, SecondFactorMissing, StartedFactor
from accounts.service.users import PasswordWrong
from accounts.steps.attempts import SignInPaused
from core import clock
from core.http import Blueprint, CursorSchema, allow, current_actor, page_of, page_schema, problems
from core.http.address import client_address

recovery = Blueprint("recovery", __name__, url_prefix="/recovery", description="A forgotten password.")


@me.route("/sessions", methods=["GET"])
@allow(signed_in)
@me.arguments(CursorSchema, location="query")
@me.response(200, page_schema(UserSessionSchema))
def list_sessions(given: dict[str, Any]) -> dict[str, Any]:
    """Browsers signed in as this user"""
    found = live_sessions(current_actor(), now=clock.now())
    return page_of(found, cursor=given.get("cursor"), limit=given["limit"], key=UserSession.id)


@me.route("/sessions/<int:session_id>", methods=["DELETE"])
@allow(signed_in)
@problems(SessionMissing)
@me.response(204)
def end_session(session_id: int) -> None:
    """Sign a browser out"""
    service.sessions.end_one(session_id=session_id, actor=current_actor(), now=clock.now())


@me.route("/totp", methods=["POST"])
@allow(signed_in)
@problems(PasswordWrong, SignInPaused, SecondFactorExists)
@me.arguments(OwnPasswordSchema)
@me.response(201, StartedFactorSchema)
def start_totp(given: dict[str, str]) -> StartedFactor:
    """Begin to set up an authenticator app

    It counts once a code of it is confirmed; beginning again gives another secret.
    """
    return service.second_factors.start_totp(
        password=given["password"], address=client_address(), actor=current_actor(), now=clock.now()
    )


@me.route("/totp/confirmation", methods=["POST"])
@allow(signed_in)
@problems(CodeRefused, SignInPaused, SecondFactorExists, SecondFactorMissing)
@me.arguments(FactorConfirmationSchema)
@me.response(201, RecoveryCodesSchema)
def confirm_totp(given: dict[str, str]) -> dict[str, list[str]]:
    """Confirm the authenticator app

    From now on signing in asks for a code of it. The answer holds the recovery codes.
    """
    return {
        "recovery_codes": service.second_factors.confirm_totp(
            code=given["code"], address=client_address(), actor=current_actor(), now=clock.now()
        )
    }


@me.route("/totp/removal", methods=["POST"])
@allow(signed_in)
@problems(PasswordWrong, CodeRefused, SignInPaused, SecondFactorMissing)
@me.arguments(FactorRemovalSchema)
@me.response(204)
def stop_totp(given: dict[str, str]) -> None:
    """Remove the authenticator app

    With the password and a code. Its recovery codes are void then.
    """
    service.second_factors.stop_totp(
        password=given["password"],
        code=given["code"],
        address=client_address(),
        actor=current_actor(),
        now=clock.now(),
    )


@me.route("/recovery-codes", methods=["POST"])
@allow(signed_in)
@problems(PasswordWrong, SignInPaused, SecondFactorMissing)
@me.arguments(OwnPasswordSchema)
@me.response(201, RecoveryCodesSchema)
def new_recovery_codes(given: dict[str, str]) -> dict[str, list[str]]:
    """Get new recovery codes

    Those before are void.
    """
    return {
        "recovery_codes": service.second_factors.new_recovery_codes(
            password=given["password"], address=client_address(), actor=current_actor(), now=clock.now()
        )
    }


@recovery.route("", methods=["POST"])
@allow(anyone)
@problems(NewPasswordRefused, RecoveryRefused, SignInPaused)
@recovery.arguments(PasswordRecoverySchema)
@recovery.response(204)
def recover(given: dict[str, str]) -> None:
    """Set a new password with a recovery code

    Ends every session and token of the user. A second factor stays, unless the code was given to remove it too.
    """
    service.recoveries.recover(
        username=given["username"],
        code=given["code"],
        wanted=given["password"],
        address=client_address(),
        now=clock.now(),
    )
