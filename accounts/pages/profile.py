"""The own account: who one is, password, second factor."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, render_template, url_for

from accounts import queries
from accounts.pages.parts import facts_of
from accounts.pages.sessions import current_session_id
from accounts.permissions import signed_in
from accounts.queries.organisations import teams_of
from accounts.queries.second_factors import protection, started_factor
from accounts.rules import codes, totp
from accounts.schemas.sessions import FactorConfirmationSchema, FactorRemovalSchema, OwnPasswordSchema
from accounts.schemas.users import PasswordChangeSchema
from accounts.service import second_factors, users
from core import clock
from core.http import allow, current_actor
from core.http.address import client_address
from core.pages import Done, Form, NavEntry, Pages, form_page
from core.pages.blueprint import told
from core.pages.qr_codes import qr_code

profile = Pages(
    "profile_pages",
    __name__,
    url_prefix="/profile",
    navigation=(NavEntry("profile", "profile_pages.show", "account", signed_in, order=10),),
    links={"profile": ("profile_pages.show", "")},
)


@profile.get("")
@allow(signed_in)
def show() -> str:
    """Who is signed in, for whom, and how the account is protected."""
    actor = current_actor()
    found = queries.myself(actor, on=clock.today(clock.now()))
    organisation = found["organisation"]
    return render_template(
        "accounts/profile.html",
        user=found["user"],
        organisation=organisation,
        facts=facts_of(organisation),
        membership=queries.membership_of(organisation.id),
        teams=teams_of(organisation.id) if len(found["acts_for"]) > 1 else [],
        protection=protection(actor),
    )


@profile.route("/password", methods=["GET", "POST"])
@allow(signed_in)
def change_password() -> Response:
    """Another password; other browsers and programs are signed out."""
    form = Form(PasswordChangeSchema, name="password")
    form["present"].attributes["autocomplete"] = "current-password"
    form["wanted"].attributes["autocomplete"] = "new-password"

    def effect(given: dict[str, Any]) -> Done:
        users.change_password(
            **given, keep=current_session_id(), address=client_address(), actor=current_actor(), now=clock.now()
        )
        return Done(_profile(), "page.password.done")

    return form_page(form, effect=effect, back=_profile(), keyed=False)


@profile.route("/totp", methods=["GET", "POST"])
@allow(signed_in)
def start_totp() -> Response:
    """Begin to set up an authenticator app: the password once more."""

    def effect(given: dict[str, Any]) -> Done:
        second_factors.start_totp(**given, address=client_address(), actor=current_actor(), now=clock.now())
        return Done(url_for("profile_pages.confirm_totp"))

    return form_page(_password_form("totp_start"), effect=effect, back=_profile(), keyed=False)


@profile.route("/totp/confirmation", methods=["GET", "POST"])
@allow(signed_in)
def confirm_totp() -> Response:
    """The QR code to scan and the first code; then the recovery codes, this once."""
    factor = started_factor(current_actor())
    uri = totp.address_of(factor.secret, username=current_actor().username)
    form = Form(FactorConfirmationSchema, name="totp_confirmation")
    form["code"].attributes |= {"autocomplete": "one-time-code", "inputmode": "numeric"}
    issued: list[str] = []

    def effect(given: dict[str, Any]) -> Done:
        issued.extend(
            second_factors.confirm_totp(**given, address=client_address(), actor=current_actor(), now=clock.now())
        )
        return Done(_profile())

    answer = form_page(
        form,
        effect=effect,
        back=_profile(),
        template="accounts/totp.html",
        keyed=False,
        secret=codes.written(factor.secret),
        picture=qr_code(uri),
    )
    return _codes(issued) if issued else answer


@profile.route("/totp/removal", methods=["GET", "POST"])
@allow(signed_in)
def stop_totp() -> Response:
    """Remove the authenticator app with password and code."""
    form = Form(FactorRemovalSchema, name="totp_removal", ends=True)
    form["password"].attributes["autocomplete"] = "current-password"
    form["code"].attributes["autocomplete"] = "one-time-code"

    def effect(given: dict[str, Any]) -> Done:
        second_factors.stop_totp(**given, address=client_address(), actor=current_actor(), now=clock.now())
        return Done(_profile(), "page.totp_removal.done")

    return form_page(form, effect=effect, back=_profile(), confirms=True, keyed=False)


@profile.route("/recovery-codes", methods=["GET", "POST"])
@allow(signed_in)
def new_recovery_codes() -> Response:
    """New recovery codes in the place of the old ones; shown this once."""
    issued: list[str] = []

    def effect(given: dict[str, Any]) -> Done:
        issued.extend(
            second_factors.new_recovery_codes(**given, address=client_address(), actor=current_actor(), now=clock.now())
        )
        return Done(_profile())

    answer = form_page(_password_form("recovery_codes"), effect=effect, back=_profile(), confirms=True, keyed=False)
    return _codes(issued) if issued else answer


def _codes(issued: list[str]) -> Response:
    """The recovery codes themselves, answered directly: no cookie and no address ever holds them."""
    told("page.recovery_codes.done")
    return make_response(render_template("accounts/recovery_codes.html", codes=issued, profile=_profile()))


def _password_form(name: str) -> Form:
    form = Form(OwnPasswordSchema, name=name)
    form["password"].attributes["autocomplete"] = "current-password"
    return form


def _profile() -> str:
    return url_for("profile_pages.show")
