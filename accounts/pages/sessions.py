"""Signing in and out with a browser."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, redirect, render_template, request, session, url_for

from accounts.permissions import anyone, signed_in
from accounts.queries.sessions import find_session, own_session, proven_session, sessions_of
from accounts.rules.codes import MAX_WRITTEN
from accounts.rules.sessions import SEEN_EVERY
from accounts.schemas.fields import PasswordField
from accounts.service import sessions as service
from core import clock
from core.http import Schema, TextField, allow, current_actor
from core.http.address import client_address
from core.pages import Done, EmptySchema, Form, NavEntry, Pages, form_page
from core.pages.language import moment
from core.pages.links import place, safe_target
from core.pages.security import enter, leave, session_token
from core.permissions import Actor

sessions = Pages(
    "session_pages",
    __name__,
    navigation=(NavEntry("sessions", "session_pages.index", "account", signed_in, order=20),),
    links={"sign_in": ("session_pages.sign_in", ""), "sign_out": ("session_pages.sign_out", "")},
)


_PENDING = "pending"
"""Where the cookie keeps the token of a session that still needs its code; it signs nobody in."""


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
    found = proven_session(token, now=now)
    if found is None:
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
        if begun.needs_code:
            leave()
            session[_PENDING] = begun.token
            return Done(url_for("session_pages.code", next=_wanted()))
        enter(begun.token)
        return Done(_wanted())

    return form_page(form, effect=effect, back="/", template="accounts/sign_in.html", keyed=False)


@sessions.route("/sign-in/code", methods=["GET", "POST"])
@allow(anyone)
def code() -> Response:
    """The code of the authenticator app, or a recovery code."""
    form = Form(CodeFormSchema, name="sign_in_code")
    form["code"].attributes |= {"autocomplete": "one-time-code", "inputmode": "numeric"}

    def effect(given: dict[str, Any]) -> Done:
        pending = str(session.get(_PENDING, ""))
        enter(service.prove(token=pending, **given, address=client_address(), now=clock.now()))
        return Done(_wanted())

    return form_page(form, effect=effect, back=url_for("session_pages.sign_in"), keyed=False)


@sessions.route("/sign-out", methods=["POST"])
@allow(signed_in)
def sign_out() -> Response:
    """End the session in use."""
    service.end(token=session_token() or "", actor=current_actor(), now=clock.now())
    leave()
    return make_response(redirect("/", 303))


@sessions.get("/profile/sessions")
@allow(signed_in)
def index() -> str:
    """The browsers signed in, the one used last first."""
    found = sessions_of(current_actor(), now=clock.now())
    return render_template("accounts/sessions.html", sessions=found, current=current_session_id())


@sessions.route("/profile/sessions/<int:session_id>/ending", methods=["GET", "POST"])
@allow(signed_in)
def end_one(session_id: int) -> Response:
    """Sign one browser out."""
    found = own_session(session_id, actor=current_actor(), now=clock.now())
    facts = [
        ("column.agent", found.agent),
        ("column.address", found.address),
        ("column.last_seen_at", moment(found.last_seen_at)),
    ]

    def effect(_given: dict[str, Any]) -> Done:
        service.end_one(session_id=session_id, actor=current_actor(), now=clock.now())
        return Done(url_for("session_pages.index"), "page.session_end.done")

    form = Form(EmptySchema, name="session_end")
    return form_page(form, effect=effect, back=url_for("session_pages.index"), facts=facts)


@sessions.route("/profile/sessions/others/ending", methods=["GET", "POST"])
@allow(signed_in)
def end_others() -> Response:
    """Sign every other browser out."""

    def effect(_given: dict[str, Any]) -> Done:
        service.end_others(session_id=current_session_id() or 0, actor=current_actor(), now=clock.now())
        return Done(url_for("session_pages.index"), "page.session_others.done")

    form = Form(EmptySchema, name="session_others")
    return form_page(form, effect=effect, back=url_for("session_pages.index"))


def current_session_id() -> int | None:
    """The session of this request."""
    found = find_session(session_token() or "", now=clock.now())
    return None if found is None else found.id


def _wanted() -> str:
    """Where the reader wanted to go before signing in."""
    return safe_target(request.args.get("next"), fallback=place("home"))
