"""What a user can still use this year (V12 cap): the cap, what is used and held, and what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from accounts.models import Organisation
from accounts.permissions import Role
from accounts.queries.organisations import registered_teams
from core import clock
from core.http import allow, current_actor
from core.pages import Column, MoneyBar, MoneyPart, NavEntry, Pages, Table, link_to, table_page
from core.pages.language import t
from settlement.models import CapHold
from vouchers.models import EntitlementDecision
from vouchers.permissions import may_read_entitlement
from vouchers.queries.holds import holds_of
from vouchers.queries.yearly import YearlyUse, find_user, yearly_use, yearly_uses

YEARS_AROUND = 1
"""Last year, this one, and the next: an order completed then holds its cap."""

entitlement = Pages(
    "entitlement_pages",
    __name__,
    url_prefix="/entitlement",
    navigation=(NavEntry("entitlement", "entitlement_pages.own", "claims", may_read_entitlement, order=5),),
    links={"entitlement": ("entitlement_pages.of_team", "organisation_id")},
)

HOLDS = Table(
    name="holds",
    key=CapHold.id,
    default_sort="-order",
    empty="page.entitlement.empty",
    scalars=False,
    columns=[
        Column(
            "order",
            lambda row: row.CapHold.order_id,
            sort=CapHold.order_id,
            link=lambda row: link_to("order", row.CapHold.order_id),
        ),
        Column("service_kind", lambda row: row.EntitlementDecision.service_kind, kind="term"),
        Column(
            "judged_on",
            lambda row: row.EntitlementDecision.judged_on,
            kind="day",
            sort=EntitlementDecision.judged_on,
        ),
        Column("held", lambda row: row.CapHold.held_fen, kind="money", sort=CapHold.held_fen),
        Column("used", lambda row: row.CapHold.consumed_fen, kind="money", sort=CapHold.consumed_fen),
        Column("hold_state", lambda row: row.CapHold.state, kind="term", sort=CapHold.state),
    ],
)


@dataclass(frozen=True, slots=True)
class TeamUse:
    """A team and how much of its cap is used."""

    team: Organisation
    use: YearlyUse


def _teams(found: Sequence[Organisation]) -> list[TeamUse]:
    now = clock.now()
    uses = yearly_uses([each.id for each in found], year=clock.today(now).year, now=now)
    return [TeamUse(each, uses[each.id]) for each in found]


TEAMS = Table(
    name="teams",
    key=Organisation.id,
    default_sort="team",
    empty="page.entitlement_teams.empty",
    prepare=_teams,
    columns=[
        Column(
            "team",
            lambda row: row.team.name,
            sort=Organisation.name,
            link=lambda row: link_to("entitlement", row.team.id),
        ),
        Column("used", lambda row: row.use.own_used_fen, kind="money"),
        Column("held", lambda row: row.use.own_held_fen, kind="money"),
        Column("room", lambda row: row.use.room_fen, kind="money"),
    ],
)


@entitlement.get("")
@allow(may_read_entitlement)
def own() -> Any:
    """One's own year; an incubator chooses among its teams."""
    actor = current_actor()
    if actor.role != Role.INCUBATOR:
        return _page_of(actor.organisation_id or 0)
    return table_page(TEAMS, registered_teams(actor.organisation_id or 0), title="page.entitlement_teams.title")


@entitlement.get("/<int:organisation_id>")
@allow(may_read_entitlement)
def of_team(organisation_id: int) -> Any:
    """The year of a user one acts for."""
    return _page_of(organisation_id)


def _page_of(organisation_id: int) -> Any:
    user = find_user(organisation_id, actor=current_actor())
    this_year = clock.today(clock.now()).year
    year = request.args.get("year", this_year, type=int)
    if abs(year - this_year) > YEARS_AROUND:
        year = this_year
    use = yearly_use(organisation_id, year=year, now=clock.now())
    return table_page(
        HOLDS,
        holds_of(organisation_id, year=year),
        title="page.entitlement.title",
        template="vouchers/entitlement.html",
        user=user,
        year=year,
        use=use,
        bar=_bar(use),
        years=[
            (each, url_for("entitlement_pages.of_team", organisation_id=organisation_id, year=each))
            for each in range(this_year - YEARS_AROUND, this_year + YEARS_AROUND + 1)
        ],
    )


def _bar(use: YearlyUse) -> MoneyBar:
    """The cap: one's own use and holds, what others under the same controller took as one sum, and the rest."""
    parts = [
        MoneyPart("used", t("money.own_used"), use.own_used_fen),
        MoneyPart("held", t("money.own_held"), use.own_held_fen),
        MoneyPart("other", t("money.siblings"), use.siblings_fen),
        MoneyPart("room", t("money.room"), use.room_fen),
    ]
    return MoneyBar(t("money.cap_of_year", year=use.year), [each for each in parts if each.fen or each.kind == "room"])
