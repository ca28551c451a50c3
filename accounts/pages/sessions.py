"""Signing in and out with a browser."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, redirect, request, url_for

from accounts.permissions import anyone, signed_in
from accounts.queries.sessions import find_session
from accounts.rules.codes import MAX_WRITTEN
from accounts.rules.sessions import SEEN_EVERY
from accounts.schemas.fields import PasswordField
from accounts.service import sessions as service
from core import clock
from core.http import Schema, TextField, allow, current_actor
from core.http.address import client_address
from core.pages import Done, Form, Pages, form_page
from core.pages.links import safe_target
from core.pages.security import enter, leave, session_token
from core.permissions import Actor

sessions = Pages(
    "session_pages",
    __name__,
    links={"sign_in": ("session_pages.sign_in", ""), "sign_out": ("session_pages.sign_out", "")},
)


class SignInFormSchema(Schema):
    """A user name and its password."""

    username = TextField(required=True, max_length=64)
    password = PasswordField(required=True)


class CodeFormSchema(Schema):
    """The second factor."""

    code = TextField(required=True, max_length=MAX_WRITTEN)


def load_session(token: str) -> Actor | None:
    """Who a session stands for; notes from time to time that it is in use."""
    now = clock.now()
    found = find_session(token, now=now)
    if found is None or found.proven_at is None:
        return None
    actor = found.user.as_actor()
    if found.last_seen_at <= now - SEEN_EVERY:
        service.touch(session_id=found.id, now=now)
    return actor


@sessions.route("/sign-in", methods=["GET", "POST"])
@allow(anyone)
def sign_in() -> Response:
    """User name and password; then the page one wanted."""
    form = Form(SignInFormSchema, name="sign_in")
    form["username"].attributes["autocomplete"] = "username"
    form["password"].attributes["autocomplete"] = "current-password"

    def effect(given: dict[str, Any]) -> Done:
        begun = service.begin(
            **given, address=client_address(), agent=request.headers.get("User-Agent", ""), now=clock.now()
        )
        enter(begun.token)
        return Done(url_for("session_pages.code", next=_wanted()) if begun.needs_code else _wanted())

    return form_page(form, effect=effect, back="/", template="accounts/sign_in.html", keyed=False)


@sessions.route("/sign-in/code", methods=["GET", "POST"])
@allow(anyone)
def code() -> Response:
    """The code of the authenticator app, or a recovery code."""
    form = Form(CodeFormSchema, name="sign_in_code")
    form["code"].attributes |= {"autocomplete": "one-time-code", "inputmode": "numeric"}

    def effect(given: dict[str, Any]) -> Done:
        enter(service.prove(token=session_token() or "", **given, address=client_address(), now=clock.now()))
        return Done(_wanted())

    return form_page(form, effect=effect, back=url_for("session_pages.sign_in"), keyed=False)


@sessions.route("/sign-out", methods=["POST"])
@allow(signed_in)
def sign_out() -> Response:
    """End the session in use."""
    service.end(token=session_token() or "", actor=current_actor(), now=clock.now())
    leave()
    return make_response(redirect("/", 303))


def _wanted() -> str:
    """Where the reader wanted to go before signing in."""
    return safe_target(request.args.get("next"), fallback=url_for("home_pages.home"))
