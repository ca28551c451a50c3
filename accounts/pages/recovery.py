"""A forgotten password: a new one with the administrator's code."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from accounts.permissions import anyone
from accounts.schemas.sessions import PasswordRecoverySchema
from accounts.service import recoveries
from core import clock
from core.http import allow
from core.http.address import client_address
from core.pages import Done, Form, Pages, form_page

recovery = Pages("recovery_pages", __name__, links={"recovery": ("recovery_pages.recover", "")})


@recovery.route("/recovery", methods=["GET", "POST"])
@allow(anyone)
def recover() -> Response:
    """Set a new password with a recovery code; then sign in."""
    form = Form(PasswordRecoverySchema, name="recovery")
    form["username"].attributes["autocomplete"] = "username"
    form["code"].attributes["autocomplete"] = "off"
    form["password"].attributes["autocomplete"] = "new-password"
    sign_in = url_for("session_pages.sign_in")

    def effect(given: dict[str, Any]) -> Done:
        recoveries.recover(
            username=given["username"],
            code=given["code"],
            wanted=given["password"],
            address=client_address(),
            now=clock.now(),
        )
        return Done(sign_in, "page.recovery.done")

    return form_page(form, effect=effect, back=sign_in, keyed=False)
