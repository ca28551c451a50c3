"""Teams that became enterprises: proposed by their incubator, decided by the bureau."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, url_for

from accounts.models import Organisation, TeamSuccession
from accounts.permissions import (
    city_bureau,
    incubator,
    may_read_heirs_side,
    may_read_successions,
    may_read_teams_side,
    may_review_succession,
)
from accounts.queries.groups import find_succession, visible_successions
from accounts.queries.organisations import registered_teams
from accounts.states import ProposalState
from core import clock
from core.db import session
from core.http import allow, current_actor
from core.pages import Column, Done, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import day, t
from core.pages.tables import choice
from core.permissions import authorise
from vouchers.pages.proposals import Facts, decision_button, effect_lines, proposal_facts
from vouchers.queries.group_caps import effects_of
from vouchers.schemas.groups import NewSuccessionSchema, ProposalReviewSchema, public_grounds
from vouchers.service import successions as succession_service

successions = Pages(
    "succession_pages",
    __name__,
    url_prefix="/team-successions",
    navigation=(NavEntry("team_successions", "succession_pages.index", "members", may_read_successions, order=54),),
    links={"team_succession": ("succession_pages.one", "succession_id")},
)

SUCCESSIONS = Table(
    name="team-successions",
    key=TeamSuccession.id,
    default_sort="-number",
    empty="page.team_successions.empty",
    filters=[choice("state", TeamSuccession.state, ProposalState)],
    columns=[
        Column(
            "number",
            lambda row: row.id,
            sort=TeamSuccession.id,
            link=lambda row: link_to("team_succession", row.id),
        ),
        Column("team", lambda row: row.team.name),
        Column("enterprise", lambda row: row.enterprise.name),
        Column("effective_on", lambda row: row.effective_on, kind="day", sort=TeamSuccession.effective_on),
        Column("state", lambda row: row.state, kind="state", sort=TeamSuccession.state),
    ],
)


@successions.get("")
@allow(may_read_successions)
def index() -> Any:
    """Teams that became enterprises, the latest first."""
    actor = current_actor()
    actions = [{"label": t("page.succession_new.title"), "href": url_for("succession_pages.new"), "primary": True}]
    return table_page(
        SUCCESSIONS,
        visible_successions(actor),
        title="page.team_successions.title",
        actions=actions if incubator(actor) else [],
    )


@successions.route("/new", methods=["GET", "POST"])
@allow(incubator)
def new() -> Response:
    """Propose that one of the incubator's teams became an enterprise."""
    actor = current_actor()

    def effect(given: dict[str, Any]) -> Done:
        made = succession_service.propose(**given, actor=actor, now=clock.now())
        return Done(link_to("team_succession", made.id), "page.succession_new.done")

    teams = session().scalars(registered_teams(actor.organisation_id or 0).order_by(Organisation.id))
    form = Form(
        NewSuccessionSchema,
        name="succession_new",
        options={"team_id": [(str(team.id), team.name) for team in teams if team.successor_id is None]},
    )
    return form_page(form, effect=effect, back=url_for("succession_pages.index"), confirms=True)


@successions.get("/<int:succession_id>")
@allow(may_read_successions)
def one(succession_id: int) -> str:
    """One succession: which team, which enterprise, and what it did to the caps."""
    actor = current_actor()
    succession = find_succession(succession_id, actor=actor)
    facts: Facts = [
        ("column.team", succession.team.name),
        ("column.enterprise", succession.enterprise.name),
        *proposal_facts(succession, tells_why=may_read_teams_side(actor, succession)),
    ]
    decides = city_bureau(actor) and may_review_succession(actor, succession.team)
    return render_template(
        "vouchers/proposal.html",
        title=t("page.team_succession.title", number=succession.id),
        proposal=succession,
        index={"href": url_for("succession_pages.index"), "label": t("page.team_successions.title")},
        facts=facts,
        effects=effect_lines(effects_of(succession.source)) if may_read_heirs_side(actor, succession) else [],
        reasons=succession.reasons if may_read_teams_side(actor, succession) else public_grounds(succession),
        actions=decision_button(
            "page.succession_review.title", url_for("succession_pages.decide", succession_id=succession.id)
        )
        if succession.state is ProposalState.PROPOSED and decides
        else [],
    )


@successions.route("/<int:succession_id>/review", methods=["GET", "POST"])
@allow(city_bureau)
def decide(succession_id: int) -> Response:
    """Decide whether a team became this enterprise."""
    succession = find_succession(succession_id, actor=current_actor())
    authorise(current_actor(), may_review_succession, succession.team)

    def effect(given: dict[str, Any]) -> Done:
        succession_service.review(succession_id=succession_id, **given, actor=current_actor(), now=clock.now())
        return Done(link_to("team_succession", succession_id), "page.succession_review.done")

    form = Form(ProposalReviewSchema, name="succession_review", widgets={"decision": "radio"})
    facts: Facts = [
        ("column.team", succession.team.name),
        ("column.enterprise", succession.enterprise.name),
        ("column.effective_on", day(succession.effective_on)),
        ("column.evidence", succession.evidence),
    ]
    return form_page(form, effect=effect, back=link_to("team_succession", succession_id), confirms=True, facts=facts)
