"""The list of named providers, for everybody who comes (V20)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, column

from accounts.models import Organisation
from accounts.permissions import anyone
from core import clock
from core.http import allow
from core.pages import Column, Filter, NavEntry, Pages, Table, table_page
from core.pages.tables import choice
from marketplace.models import Naming
from marketplace.pages.policy import article_link
from marketplace.queries.named import named_on
from marketplace.rules.naming import NAMING, NamingCause

named = Pages(
    "named_pages",
    __name__,
    navigation=(NavEntry("named", "named_pages.index", "find", anyone, order=46),),
)


def _named(query: Select[Any], value: str) -> Select[Any]:
    return query.where(Organisation.name.icontains(value, autoescape=True))


NAMED = Table(
    name="named-providers",
    key=Naming.id,
    default_sort="-since",
    empty="page.named.empty",
    filters=[Filter("q", _named), choice("cause", Naming.cause, NamingCause)],
    scalars=False,
    columns=[
        Column("organisation", lambda row: row.organisation, sort=Organisation.name),
        Column("cause", lambda row: row.cause, kind="term", sort=Naming.cause),
        Column("article", lambda _: article_link(NAMING)["number"], link=lambda _: article_link(NAMING)["href"]),
        Column("since", lambda row: row.since, kind="day", sort=column("since")),
        Column("until", lambda row: row.until, kind="day", sort=column("until")),
    ],
)


@named.get("/named-providers")
@allow(anyone)
def index() -> Any:
    """Who is named today, the latest first."""
    return table_page(NAMED, named_on(clock.today(clock.now())), title="page.named.title")
