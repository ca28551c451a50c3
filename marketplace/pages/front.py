"""The front page, for everybody who comes."""

from __future__ import annotations

from collections.abc import Iterator

from flask import render_template, url_for

from accounts.permissions import anyone
from accounts.queries import find_user
from core import clock
from core.http import allow
from core.pages import Pages
from core.pages.links import place
from marketplace.demo.accounts import MEMBERS, demo_accounts
from marketplace.pages.statistics import key_figures
from marketplace.reports.statistics import open_statistics

DEMO_USER = MEMBERS[0].username

front = Pages("front_pages", __name__)


@front.get("/")
@allow(anyone)
def index() -> str:
    """Search, how it works, figures; where the demo province is seeded, its accounts."""
    seeded = find_user(DEMO_USER) is not None
    return render_template(
        "marketplace/front.html",
        figures=key_figures(open_statistics(now=clock.now())),
        more=list(_more()),
        accounts=demo_accounts() if seeded else [],
    )


def _more() -> Iterator[tuple[str, str]]:
    yield place("statistics"), "statistics"
    yield place("policy"), "policy"
    yield place("help"), "help"
    yield place("join"), "join"
    yield url_for("api-docs.openapi_json"), "openapi"
