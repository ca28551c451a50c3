"""The desk: what waits for whoever signed in."""

from __future__ import annotations

from flask import render_template

from accounts.permissions import beneficiary, signed_in
from core import clock
from core.http import allow, current_actor
from core.pages import MoneyBar, NavEntry, Pages
from core.permissions import Actor
from core.workdays import load_calendar
from marketplace.pages.desk_cards import card_of
from marketplace.pages.quote_parts import year_bar
from marketplace.reports.desk import desk
from vouchers.queries.yearly import yearly_use

home_pages = Pages(
    "home_pages",
    __name__,
    navigation=(NavEntry("home", "home_pages.home", "find", signed_in, order=1),),
    links={"home": ("home_pages.home", "")},
)


@home_pages.get("/home")
@allow(signed_in)
def home() -> str:
    """What must be done, what is good to know, and for users what is left of the year's cap."""
    actor, now = current_actor(), clock.now()
    today, calendar = clock.today(now), load_calendar()
    cards = [card_of(item, role=actor.role, today=today, calendar=calendar) for item in desk(actor, now=now)]
    return render_template(
        "marketplace/home.html",
        tasks=[card for card in cards if not card.is_fact],
        facts=[card for card in cards if card.is_fact],
        year=_year(actor),
        role=actor.role,
        finds=beneficiary(actor),
    )


def _year(actor: Actor) -> MoneyBar | None:
    """The cap of this year, for those who use it."""
    if not beneficiary(actor) or actor.organisation_id is None:
        return None
    now = clock.now()
    return year_bar(yearly_use(actor.organisation_id, year=clock.today(now).year, now=now))
