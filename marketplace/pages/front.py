"""The front page, for everybody who comes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from flask import render_template, url_for

from accounts.permissions import anyone
from accounts.queries import find_user
from core import clock
from core.http import allow
from core.pages import Pages
from core.pages.links import place
from core.texts import Text
from marketplace.demo.accounts import MEMBERS, demo_accounts
from marketplace.pages.policy import article_link
from marketplace.pages.statistics import instruments_by_city, key_figures
from marketplace.reports.policy_table import articles
from marketplace.reports.statistics import open_statistics

DEMO_USER = MEMBERS[0].username

GOVERNING = frozenset({"V8(1)", "V12", "V12 cap", "V16(1)", "V16(2)", "V17"})
"""The articles that say who gets how much, how it is paid and by when it is claimed."""

front = Pages("front_pages", __name__)


@front.get("/")
@allow(anyone)
def index() -> str:
    """Search, how it works, figures, the articles that govern it; where the demo province is seeded, its accounts."""
    seeded = find_user(DEMO_USER) is not None
    now = clock.now()
    found = open_statistics(now=now)
    return render_template(
        "marketplace/front.html",
        figures=key_figures(found),
        by_city=instruments_by_city(found, clock.today(now)),
        articles=_governing(clock.today(now)),
        more=list(_more()),
        accounts=demo_accounts() if seeded else [],
    )


def _governing(today: date) -> list[tuple[dict[str, str], Text]]:
    """Each governing article as a link into the policy, with its gist."""
    return [(article_link(each.number), each.gist) for each in articles(today) if each.number in GOVERNING]


def _more() -> Iterator[tuple[str, str]]:
    yield place("statistics"), "statistics"
    yield place("policy"), "policy"
    yield place("help"), "help"
    yield place("join"), "join"
    yield url_for("api-docs.openapi_json"), "openapi"
