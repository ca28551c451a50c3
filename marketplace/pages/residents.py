"""Residence of firms in incubators: asking, answering, advice, and how a resident stands (V7)."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Response, render_template, url_for
from werkzeug.datastructures import FileStorage

from accounts.models import Organisation, Residence, ResidenceAdvice
from accounts.pages.parts import events_of
from accounts.permissions import enterprise, incubator, is_incubator_of, is_side_of, may_read_residences
from accounts.queries.residences import (
    ResidenceMissing,
    advice_of,
    find_advice,
    find_residence,
    incubators,
    visible_residences,
)
from accounts.schemas.residences import NewAdviceSchema, NewResidenceSchema, ResidenceAnswerSchema
from accounts.service import residences as service
from accounts.states import RESIDENCE_TRANSITIONS, ResidenceAction, ResidenceState
from core import audit, clock
from core.db import session
from core.http import allow, current_actor
from core.http.attachment import attachment
from core.pages import Column, Done, EmptySchema, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import t
from core.pages.tables import choice
from core.permissions import Actor, authorise
from marketplace.reports.residents import progress_of

residents = Pages(
    "residence_pages",
    __name__,
    url_prefix="/residences",
    navigation=(NavEntry("residences", "residence_pages.index", "members", may_read_residences, order=25),),
    links={"residence": ("residence_pages.one", "residence_id")},
)

RESIDENCES = Table(
    name="residences",
    key=Residence.id,
    default_sort="-number",
    empty="page.residences.empty",
    filters=[choice("state", Residence.state, ResidenceState)],
    columns=[
        Column("number", lambda row: row.id, sort=Residence.id, link=lambda row: link_to("residence", row.id)),
        Column("organisation", lambda row: row.enterprise.name),
        Column("incubator", lambda row: row.incubator.name),
        Column("state", lambda row: row.state, kind="state", sort=Residence.state),
        Column("since", lambda row: row.since, kind="day", sort=Residence.since),
    ],
)


@residents.get("")
@allow(may_read_residences)
def index() -> Any:
    """The residences in sight."""
    actor = current_actor()
    label, href = t("page.residence_new.title"), url_for("residence_pages.ask")
    actions = [{"label": label, "href": href, "primary": True}] if enterprise(actor) else []
    return table_page(RESIDENCES, visible_residences(actor), title="page.residences.title", actions=actions)


@residents.get("/<int:residence_id>")
@allow(may_read_residences)
def one(residence_id: int) -> str:
    """One residence: what the incubator advised and, for both sides, how the firm stands."""
    actor = current_actor()
    residence = find_residence(residence_id, actor=actor)
    advice = session().scalars(advice_of(residence.id).order_by(ResidenceAdvice.id.desc())).all()
    return render_template(
        "marketplace/residence.html",
        residence=residence,
        facts=[
            ("column.organisation", residence.enterprise.name),
            ("column.incubator", residence.incubator.name),
            ("column.since", residence.since.isoformat()),
            ("column.until", None if residence.until is None else residence.until.isoformat()),
        ],
        advice=advice,
        progress=progress_of(residence.id, actor=actor, now=clock.now()) if _is_told(residence, actor) else None,
        events=events_of(audit.history("residence", residence.id), "residence"),
        actions=_actions(residence, actor),
    )


@residents.route("/new", methods=["GET", "POST"])
@allow(enterprise)
def ask() -> Response:
    """A firm says where it resides."""
    known = session().scalars(incubators().order_by(Organisation.name))
    form = Form(
        NewResidenceSchema,
        name="residence_new",
        options={"incubator_id": [(str(each.id), each.name) for each in known]},
    )

    def effect(given: dict[str, Any]) -> Done:
        made = service.ask_residence(**given, actor=current_actor(), now=clock.now())
        return Done(link_to("residence", made.id), "page.residence_new.done")

    return form_page(form, effect=effect, back=url_for("residence_pages.index"))


@residents.route("/<int:residence_id>/answer", methods=["GET", "POST"])
@allow(incubator)
def answer(residence_id: int) -> Response:
    """Accept a resident, or decline."""
    residence = find_residence(residence_id, actor=current_actor())
    authorise(current_actor(), is_incubator_of, residence)
    here = link_to("residence", residence.id)

    def effect(given: dict[str, Any]) -> Done:
        service.answer_residence(residence_id=residence_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, "page.residence_answer.done")

    form = Form(ResidenceAnswerSchema, name="residence_answer", widgets={"decision": "radio"})
    return form_page(form, effect=effect, back=here, facts=[("column.organisation", residence.enterprise.name)])


@residents.route("/<int:residence_id>/ending", methods=["GET", "POST"])
@allow(enterprise | incubator)
def end(residence_id: int) -> Response:
    """End a residence."""
    residence = find_residence(residence_id, actor=current_actor())
    authorise(current_actor(), is_side_of, residence)
    here = link_to("residence", residence.id)

    def effect(given: dict[str, Any]) -> Done:
        service.end_residence(residence_id=residence_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, "page.residence_ending.done")

    form = Form(EmptySchema, name="residence_ending", ends=True)
    return form_page(form, effect=effect, back=here, facts=[("column.organisation", residence.enterprise.name)])


@residents.route("/<int:residence_id>/advice", methods=["GET", "POST"])
@allow(incubator)
def advise(residence_id: int) -> Response:
    """Advise a resident, perhaps with a document prepared for it."""
    residence = find_residence(residence_id, actor=current_actor())
    authorise(current_actor(), is_incubator_of, residence)
    here = link_to("residence", residence.id)

    def effect(given: dict[str, Any]) -> Done:
        upload: FileStorage | None = given.get("file")
        service.give_advice(
            residence_id=residence_id,
            advice=given["advice"],
            stream=None if upload is None else cast(BinaryIO, upload.stream),
            filename="" if upload is None else upload.filename or "",
            actor=current_actor(),
            now=clock.now(),
        )
        return Done(here, "page.residence_advice.done")

    form = Form(NewAdviceSchema, name="residence_advice")
    return form_page(form, effect=effect, back=here, facts=[("column.organisation", residence.enterprise.name)])


@residents.get("/<int:residence_id>/advice/<int:advice_id>/file")
@allow(may_read_residences)
def advice_file(residence_id: int, advice_id: int) -> Response:
    """The document prepared with an advice, as an attachment."""
    found = find_advice(residence_id, advice_id, actor=current_actor()).file
    if found is None:
        raise ResidenceMissing
    return attachment(found)


def _is_told(residence: Residence, actor: Actor) -> bool:
    """The firm knows how it stands; its incubator once it accepted."""
    if residence.enterprise_id == actor.organisation_id:
        return True
    return is_incubator_of(actor, residence) and residence.state is ResidenceState.ACCEPTED


def _actions(residence: Residence, actor: Actor) -> list[dict[str, Any]]:
    allowed = RESIDENCE_TRANSITIONS.actions(residence.state)
    found = []
    if is_incubator_of(actor, residence):
        if ResidenceAction.ACCEPT in allowed:
            found.append(("residence_answer", "residence_pages.answer", True))
        if residence.state is ResidenceState.ACCEPTED:
            found.append(("residence_advice", "residence_pages.advise", True))
    if ResidenceAction.END in allowed and is_side_of(actor, residence):
        found.append(("residence_ending", "residence_pages.end", False))
    return [
        {"label": t(f"page.{form}.title"), "href": url_for(view, residence_id=residence.id), "primary": primary}
        for form, view, primary in found
    ]
