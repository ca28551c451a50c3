"""The policy in force on a day, for everybody: every value with its articles, and every article in a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from itertools import groupby

from flask import render_template, request

from accounts.permissions import anyone
from core import clock
from core.http import allow
from core.pages import NavEntry, Pages
from core.pages.links import place
from core.policy import article_name
from marketplace.reports.policy_table import PolicyRow, articles, policy_changes, policy_rows, policy_version

policy_pages = Pages(
    "policy_pages",
    __name__,
    navigation=(NavEntry("policy", "policy_pages.index", "find", anyone, order=50),),
    links={"policy": ("policy_pages.index", "")},
)

FIRST = ("vouchers", "services", "places", "settlement", "instruments")
"""The order of the sections; others follow."""


@policy_pages.get("/policy")
@allow(anyone)
def index() -> str:
    """The values of a day by section, the articles, and the days on which anything changed."""
    today = clock.today(clock.now())
    typed = request.args.get("on", "").strip()
    chosen = _day(typed)
    on = chosen or today
    return render_template(
        "marketplace/policy.html",
        on=on,
        typed=typed or on.isoformat(),
        unreadable=bool(typed) and chosen is None,
        version=policy_version(on),
        tables=_by_section(policy_rows(on)),
        articles=articles(on),
        changes=policy_changes(today),
        anchor=anchor,
    )


def article_link(number: str) -> dict[str, str]:
    """An article with the address of its gist on the page."""
    named = article_name(number)
    return {"number": named, "href": f"{place('policy')}#{anchor(named)}"}


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def anchor(article: str) -> str:
    """The place of an article on the page: ``article-V8-1`` for V8(1)."""
    return "article-" + re.sub("[^A-Za-z0-9]+", "-", article).strip("-")


def _by_section(rows: Sequence[PolicyRow]) -> list[tuple[str, list[PolicyRow]]]:
    """The rows under their sections, the measure that most come for first."""
    found = sorted(
        rows, key=lambda row: (FIRST.index(row.section) if row.section in FIRST else len(FIRST), row.section)
    )
    return [(section, list(group)) for section, group in groupby(found, key=lambda row: row.section)]
