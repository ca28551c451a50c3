"""The desk: what waits for whoever signed in."""

from __future__ import annotations

from flask import render_template

from accounts.permissions import signed_in
from core.http import allow
from core.pages import NavEntry, Pages

home_pages = Pages(
    "home_pages", __name__, navigation=(NavEntry("home", "home_pages.home", "find", signed_in, order=1),)
)


@home_pages.get("/home")
@allow(signed_in)
def home() -> str:
    """What waits, oldest first."""
    return render_template("marketplace/home.html")
