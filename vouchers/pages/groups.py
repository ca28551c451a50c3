"""Groups that merge or split, and who controls a firm: proposed by one person, decided by another."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, url_for

from accounts.models import Controller, ControllerChange
from accounts.permissions import (
    authority,
    may_enter_standing,
    may_propose_group_change,
    may_read_group_changes,
    may_review_group_change,
)
from accounts.queries.controllers import find_controller
from accounts.queries.groups import (
    controller_left,
    find_group_change,
    firms_of,
    namesakes_seen,
    standing_controllers,
    visible_group_changes,
)
from accounts.queries.names import names_in_sight
from accounts.queries.organisations import find_organisation
from accounts.schemas.standing import NewTenureSchema
from accounts.states import ChangeKind, ProposalState
from core import clock
from core.db import session
from core.http import IdField, Schema, allow, current_actor
from core.pages import Column, Done, Form, NavEntry, Pages, Table, form_page, link_to, table_page, term
from core.pages.forms import Options
from core.pages.language import day, t
from core.pages.tables import choice
from core.permissions import Actor, authorise
from vouchers.pages.proposals import Facts, decision_button, effect_lines, proposal_facts
from vouchers.queries.group_caps import effects_told
from vouchers.schemas.groups import NewGroupChangeSchema, ProposalReviewSchema
from vouchers.service import groups as group_service
from vouchers.service import naming

OFFERED = 200
"""As many controllers are offered in one list."""

group_changes = Pages(
    "group_change_pages",
    __name__,
    url_prefix="/controller-changes",
    navigation=(
        NavEntry("controller_changes", "group_change_pages.index", "members", may_read_group_changes, order=52),
    ),
    links={"controller_change": ("group_change_pages.one", "change_id")},
)
controllers = Pages("controller_pages", __name__)


class ControllerNumberSchema(Schema):
    """Which group splits."""

    controller_id = IdField(required=True)


CHANGES = Table(
    name="controller-changes",
    key=ControllerChange.id,
    default_sort="-number",
    empty="page.controller_changes.empty",
    filters=[
        choice("state", ControllerChange.state, ProposalState),
        choice("kind", ControllerChange.kind, ChangeKind),
    ],
    columns=[
        Column(
            "number",
            lambda row: row.id,
            sort=ControllerChange.id,
            link=lambda row: link_to("controller_change", row.id),
        ),
        Column("group_change_kind", lambda row: row.kind, kind="term", sort=ControllerChange.kind),
        Column("controller", lambda row: None if row.controller is None else row.controller.name),
        Column("group_into", lambda row: row.into.name if row.into is not None else row.new_name),
        Column("effective_on", lambda row: row.effective_on, kind="day", sort=ControllerChange.effective_on),
        Column("state", lambda row: row.state, kind="state", sort=ControllerChange.state),
    ],
)


@group_changes.get("")
@allow(may_read_group_changes)
def index() -> Any:
    """Merges and splits in sight, the latest first."""
    actor = current_actor()
    actions = [
        {"label": t("page.group_merge.title"), "href": url_for("group_change_pages.merge"), "primary": True},
        {"label": t("page.group_split_of.title"), "href": url_for("group_change_pages.split_of"), "primary": False},
    ]
    return table_page(
        CHANGES,
        visible_group_changes(actor),
        title="page.controller_changes.title",
        actions=actions if may_propose_group_change(actor) else [],
    )


@group_changes.route("/merge", methods=["GET", "POST"])
@allow(may_propose_group_change)
def merge() -> Response:
    """Propose that one group goes into another."""
    form = Form(
        NewGroupChangeSchema,
        name="group_merge",
        fixed={"kind": ChangeKind.MERGE.value},
        leave_out=("new_name", "new_note", "organisation_ids"),
        options={**_offered("controller_id", seen_by=current_actor()), **_offered("into_id")},
        required=("controller_id", "into_id"),
    )
    _explain_numbers(form)
    return form_page(form, effect=_propose, back=url_for("group_change_pages.index"), confirms=True)


@group_changes.route("/split", methods=["GET", "POST"])
@allow(may_propose_group_change)
def split_of() -> Response:
    """Say which group splits; its firms are named next."""

    def effect(given: dict[str, Any]) -> Done:
        controller = find_controller(given["controller_id"])
        return Done(url_for("group_change_pages.split", controller_id=controller.id))

    offered = _offered("controller_id", seen_by=current_actor())
    form = Form(ControllerNumberSchema, name="group_split_of", options=offered)
    _explain_numbers(form)
    return form_page(form, effect=effect, back=url_for("group_change_pages.index"), keyed=False)


@group_changes.route("/split/<int:controller_id>", methods=["GET", "POST"])
@allow(may_propose_group_change)
def split(controller_id: int) -> Response:
    """Propose that some firms of a group leave it for a new controller."""
    controller = find_controller(controller_id)
    names = names_in_sight(firms_of(controller_id), actor=current_actor())
    form = Form(
        NewGroupChangeSchema,
        name="group_split",
        fixed={"kind": ChangeKind.SPLIT.value, "controller_id": controller_id},
        leave_out=("into_id",),
        options={"organisation_ids": [(str(number), name) for number, name in sorted(names.items())]},
        required=("new_name", "organisation_ids"),
    )
    facts: Facts = [("column.controller", controller.name), ("column.note", controller.note)]
    return form_page(form, effect=_propose, back=url_for("group_change_pages.index"), confirms=True, facts=facts)


@group_changes.get("/<int:change_id>")
@allow(may_read_group_changes)
def one(change_id: int) -> str:
    """One merge or split: who, from when, on what evidence, and what it did to the caps."""
    actor = current_actor()
    change = find_group_change(change_id, actor=actor)
    facts: Facts = [
        ("column.group_change_kind", term(change.kind)),
        *_parties(change),
        ("fact.leaving_firms", _firms(change, actor)),
        *proposal_facts(change),
    ]
    return render_template(
        "vouchers/proposal.html",
        title=t("page.controller_change.title", number=change.id),
        proposal=change,
        index={"href": url_for("group_change_pages.index"), "label": t("page.controller_changes.title")},
        facts=facts,
        effects=effect_lines(effects_told(change, actor=actor, now=clock.now())),
        reasons=change.reasons,
        actions=decision_button("page.group_review.title", url_for("group_change_pages.review", change_id=change.id))
        if change.state is ProposalState.PROPOSED and may_review_group_change(actor)
        else [],
    )


@group_changes.route("/<int:change_id>/review", methods=["GET", "POST"])
@allow(may_review_group_change)
def review(change_id: int) -> Response:
    """Decide a merge, split or naming, which carries it out, in sight of what that does to the caps."""
    actor = current_actor()
    change = find_group_change(change_id, actor=actor)
    foreseen = effect_lines(effects_told(change, actor=actor, now=clock.now()))

    def effect(given: dict[str, Any]) -> Done:
        group_service.review(change_id=change_id, **given, actor=current_actor(), now=clock.now())
        return Done(link_to("controller_change", change_id), "page.group_review.done")

    form = Form(ProposalReviewSchema, name="group_review", widgets={"decision": "radio"})
    facts: Facts = [
        ("column.group_change_kind", term(change.kind)),
        *_parties(change),
        ("fact.leaving_firms", _firms(change, actor)),
        ("column.effective_on", day(change.effective_on)),
        ("column.evidence", change.evidence),
        ("fact.cap_effects", " ".join(foreseen) or t("page.proposal.no_effects")),
    ]
    return form_page(form, effect=effect, back=link_to("controller_change", change_id), confirms=True, facts=facts)


@controllers.route("/organisations/<int:organisation_id>/controllers", methods=["GET", "POST"])
@allow(authority)
def set_controller(organisation_id: int) -> Response:
    """Who controls it from a day on (V12 cap): at once where that changes no cap, else as a proposal."""
    actor = current_actor()
    firm = find_organisation(organisation_id, actor=actor)
    authorise(actor, may_enter_standing, firm)

    def effect(given: dict[str, Any]) -> Done:
        now, wanted = clock.now(), given["controller"]
        if naming.is_reviewed(organisation_id=firm.id, controller=wanted, since=given["since"], now=now):
            return _propose(
                {
                    "kind": ChangeKind.NAMING,
                    "controller_id": None,
                    "into_id": wanted.controller_id,
                    "new_name": wanted.name,
                    "new_note": wanted.note,
                    "organisation_ids": [firm.id],
                    "effective_on": given["since"],
                    "evidence": given["source"],
                }
            )
        naming.set_controller(organisation_id=firm.id, **given, actor=actor, now=now)
        return Done(link_to("organisation", firm.id), "page.controller_set.done")

    form = Form(NewTenureSchema, name="controller_set")
    facts: Facts = [("column.organisation", firm.name)]
    return form_page(form, effect=effect, back=link_to("organisation", firm.id), facts=facts)


def _propose(given: dict[str, Any]) -> Done:
    made = group_service.propose(**given, actor=current_actor(), now=clock.now())
    return Done(link_to("controller_change", made.id), "page.controller_change.proposed")


def _offered(name: str, *, seen_by: Actor | None = None) -> dict[str, Options]:
    """Controllers to choose from by name; where there are too many for that, their numbers are typed."""
    found = session().scalars(standing_controllers(seen_by=seen_by).limit(OFFERED + 1)).all()
    return {} if len(found) > OFFERED else {name: [(str(each.id), _controller(each)) for each in found]}


def _explain_numbers(form: Form) -> None:
    """Where a controller's number is typed, it says where that stands."""
    for field in form:
        if field.name in ("controller_id", "into_id") and not field.options:
            field.hint = t("page.controller_change.by_number")


def _controller(controller: Controller) -> str:
    return f"{controller.name} ({controller.note})" if controller.note else controller.name


def _parties(change: ControllerChange) -> Facts:
    """Who is left and who goes on; of a new name also who else has it, for whoever sees every city."""
    named = f"{change.new_name} ({change.new_note})" if change.new_note else change.new_name
    namesakes = namesakes_seen(change, actor=current_actor())
    left = controller_left(change, actor=current_actor())
    return [
        ("fact.controller_left", None if left is None else _controller(left)),
        ("column.group_into", named if change.into is None else _controller(change.into)),
        ("fact.namesakes", "、".join(f"{each.id} {_controller(each)}" for each in namesakes) or None),
    ]


def _firms(change: ControllerChange, actor: Actor) -> str | None:
    names = names_in_sight(change.organisation_ids, actor=actor)
    return "、".join(names.values()) or None
