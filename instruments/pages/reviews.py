"""What waits at a bureau: listings to review, the oldest first (S11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts.queries.names import organisation_names
from core import clock
from core.http import allow, current_actor
from core.pages import Column, Filter, NavEntry, Pages, Table, link_to, table_page
from instruments.models import Instrument
from instruments.permissions import may_review
from instruments.policy import listing_policy
from instruments.queries.listings import due_days, search_instruments, waiting_listings
from instruments.rules.listing import obligation

reviews = Pages(
    "review_pages",
    __name__,
    url_prefix="/instruments",
    navigation=(NavEntry("listing_reviews", "review_pages.index", "catalogue", may_review, order=10),),
    links={"listing_reviews": ("review_pages.index", "")},
)


@dataclass(frozen=True, slots=True)
class Row:
    """An instrument with its provider, its days and its duty."""

    instrument: Instrument
    provider: str
    due_on: date | None
    today: date

    @property
    def waiting_days(self) -> int | None:
        """Days since it was submitted."""
        submitted = self.instrument.submitted_at
        return None if submitted is None else (self.today - clock.today(submitted)).days

    @property
    def duty(self) -> Any:
        """Whether it must be listed (S4)."""
        return obligation(self.instrument.facts, mandatory_min_fen=listing_policy(self.today).mandatory_min_fen)


def _rows(found: Sequence[Instrument]) -> list[Row]:
    on = clock.today(clock.now())
    names = organisation_names({each.provider_id for each in found})
    due = due_days(found, on=on)
    return [Row(each, names[each.provider_id], due.get(each.id), on) for each in found]


NAME = Column(
    "instrument",
    lambda row: row.instrument.name,
    sort=Instrument.name,
    link=lambda row: link_to("instrument", row.instrument.id),
)
PROVIDER = Column("provider", lambda row: row.provider)
DUE = Column("listing_due_on", lambda row: row.due_on, kind="day", sort=Instrument.accepted_on)

WAITING = Table(
    name="listing-reviews",
    key=Instrument.id,
    default_sort="submitted_at",
    empty="page.listing_reviews.empty",
    prepare=_rows,
    filters=[Filter("q", search_instruments)],
    columns=[
        NAME,
        PROVIDER,
        Column("value", lambda row: row.instrument.value_fen, kind="money", sort=Instrument.value_fen),
        Column("obligation", lambda row: row.duty, kind="term"),
        Column("submitted_at", lambda row: row.instrument.submitted_at, kind="moment", sort=Instrument.submitted_at),
        Column("waiting_days", lambda row: row.waiting_days, kind="number"),
        DUE,
    ],
)


@reviews.get("/reviews")
@allow(may_review)
def index() -> Any:
    """Submitted listings of the bureau's city, or for the province of providers from outside."""
    return table_page(WAITING, waiting_listings(current_actor()), title="page.listing_reviews.title")
