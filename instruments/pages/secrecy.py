"""Exemptions for secrecy: the list, one with its grounds, and its steps (S23)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, cast

from flask import Response, render_template, url_for
from sqlalchemy import Select
from werkzeug.datastructures import FileStorage

from accounts.queries.names import organisation_names
from core import clock
from core.http import allow, current_actor
from core.http.attachment import attachment
from core.pages import Column, Done, EmptySchema, Filter, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import day, moment, t
from core.pages.tables import choice
from core.permissions import Permission, authorise
from instruments.models import SecrecyExemption
from instruments.permissions import (
    may_confirm_exemptions,
    may_judge,
    may_manage,
    may_offer,
    may_read_exemptions,
    may_review_exemptions,
)
from instruments.queries.instruments import find_instrument
from instruments.queries.listings import search_instruments
from instruments.queries.secrecy import exemptions, find_exemption
from instruments.schemas.secrecy import (
    ExemptionDecisionSchema,
    ExemptionEndingSchema,
    ExemptionReviewSchema,
    NewExemptionSchema,
)
from instruments.service import secrecy as service
from instruments.states import EXEMPTION, ExemptionState

exemption_pages = Pages(
    "exemption_pages",
    __name__,
    url_prefix="/secrecy-exemptions",
    navigation=(NavEntry("secrecy_exemptions", "exemption_pages.index", "catalogue", may_read_exemptions, order=45),),
    links={"secrecy_exemption": ("exemption_pages.one", "exemption_id")},
)


def _rows(found: Sequence[SecrecyExemption]) -> list[tuple[SecrecyExemption, str]]:
    names = organisation_names({each.provider_id for each in found})
    return [(each, names[each.provider_id]) for each in found]


def _named(found: Select[Any], typed: str) -> Select[Any]:
    return search_instruments(found, typed)


EXEMPTIONS = Table(
    name="secrecy-exemptions",
    key=SecrecyExemption.id,
    empty="page.secrecy_exemptions.empty",
    prepare=_rows,
    filters=[Filter("q", _named), choice("state", SecrecyExemption.state, ExemptionState)],
    columns=[
        Column(
            "number",
            lambda row: str(row[0].id),
            sort=SecrecyExemption.id,
            link=lambda row: link_to("secrecy_exemption", row[0].id),
        ),
        Column("instrument", lambda row: row[0].instrument.name),
        Column("provider", lambda row: row[1]),
        Column("state", lambda row: row[0].state, kind="state", sort=SecrecyExemption.state),
        Column("asked_at", lambda row: row[0].asked_at, kind="moment", sort=SecrecyExemption.asked_at),
        Column("exempt_until", lambda row: row[0].until, kind="day", sort=SecrecyExemption.until),
    ],
)


@exemption_pages.get("")
@allow(may_read_exemptions)
def index() -> Any:
    """Exemptions in sight."""
    return table_page(EXEMPTIONS, exemptions(current_actor()), title="page.secrecy_exemptions.title")


@exemption_pages.route("/new/<int:instrument_id>", methods=["GET", "POST"])
@allow(may_offer)
def new(instrument_id: int) -> Response:
    """The owner asks."""
    instrument = find_instrument(instrument_id, actor=current_actor())
    authorise(current_actor(), may_manage, instrument)

    def effect(given: dict[str, Any]) -> Done:
        upload: FileStorage = given.pop("file")
        made = service.ask_for_exemption(
            instrument_id=instrument_id,
            **given,
            stream=cast(BinaryIO, upload.stream),
            filename=upload.filename or "",
            actor=current_actor(),
            now=clock.now(),
        )
        return Done(link_to("secrecy_exemption", made.id), "page.exemption_new.done")

    facts = [("column.instrument", instrument.name), ("field_label.model", instrument.model)]
    here = link_to("instrument", instrument_id)
    return form_page(Form(NewExemptionSchema, name="exemption_new"), effect=effect, back=here, facts=facts)


@exemption_pages.get("/<int:exemption_id>")
@allow(may_read_exemptions)
def one(exemption_id: int) -> str:
    """One with what decisions about it rest on, and what may be done."""
    exemption = find_exemption(exemption_id, actor=current_actor())
    return render_template(
        "instruments/exemption.html",
        exemption=exemption,
        facts=_facts(exemption),
        actions=list(_actions(exemption)),
        link_to=link_to,
    )


@exemption_pages.get("/<int:exemption_id>/document")
@allow(may_read_exemptions)
def document(exemption_id: int) -> Response:
    """What the owner handed in."""
    return attachment(find_exemption(exemption_id, actor=current_actor()).file)


@exemption_pages.route("/<int:exemption_id>/review", methods=["GET", "POST"])
@allow(may_review_exemptions)
def review(exemption_id: int) -> Response:
    """The bureau endorses or refuses."""
    form = Form(ExemptionReviewSchema, name="exemption_review", widgets={"decision": "radio"})
    return _step(exemption_id, form, service.review_exemption, may_judge)


@exemption_pages.route("/<int:exemption_id>/confirmation", methods=["GET", "POST"])
@allow(may_confirm_exemptions)
def decide(exemption_id: int) -> Response:
    """The province files or refuses."""
    form = Form(ExemptionDecisionSchema, name="exemption_confirmation", widgets={"decision": "radio"})
    return _step(exemption_id, form, service.decide_exemption, may_confirm_exemptions)


@exemption_pages.route("/<int:exemption_id>/ending", methods=["GET", "POST"])
@allow(may_confirm_exemptions)
def end(exemption_id: int) -> Response:
    """The province ends it."""
    form = Form(ExemptionEndingSchema, name="exemption_ending", ends=True)
    return _step(exemption_id, form, service.end_exemption, may_confirm_exemptions)


@exemption_pages.route("/<int:exemption_id>/withdrawal", methods=["GET", "POST"])
@allow(may_offer)
def withdraw(exemption_id: int) -> Response:
    """The owner takes it back."""
    form = Form(EmptySchema, name="exemption_withdrawal", ends=True)
    return _step(exemption_id, form, service.withdraw_exemption, may_manage)


def _step(exemption_id: int, form: Form, act: Callable[..., object], allowed: Permission) -> Response:
    exemption = find_exemption(exemption_id, actor=current_actor())
    authorise(current_actor(), allowed, exemption.instrument)
    here = link_to("secrecy_exemption", exemption_id)

    def effect(given: dict[str, Any]) -> Done:
        act(exemption_id=exemption_id, **given, actor=current_actor(), now=clock.now())
        return Done(here, f"page.{form.name}.done")

    return form_page(form, effect=effect, back=here, facts=_facts(exemption))


def _facts(exemption: SecrecyExemption) -> list[tuple[str, object]]:
    instrument = exemption.instrument
    shown: list[tuple[str, object]] = [
        ("column.instrument", instrument.name),
        ("field_label.model", instrument.model),
        ("column.provider", instrument.provider.name),
        ("fact.exemption_ground", exemption.ground),
        ("column.exempt_until", day(exemption.until)),
        ("column.asked_at", moment(exemption.asked_at)),
        ("column.filename", exemption.file.filename),
        ("form.exemption_confirmation.reference", exemption.reference),
        ("fact.secrecy_exempted_on", exemption.filed_on and day(exemption.filed_on)),
    ]
    return [(label, value) for label, value in shown if value]


def _actions(exemption: SecrecyExemption) -> Iterator[dict[str, Any]]:
    """The steps that its state allows to who reads."""
    actor, open_steps = current_actor(), EXEMPTION.actions(exemption.state)
    offered: list[tuple[str, str, Permission, dict[str, Any]]] = [
        ("endorse", "review", may_judge, {"primary": True}),
        ("confirm", "confirmation", may_confirm_exemptions, {"primary": True}),
        ("end", "ending", may_confirm_exemptions, {"danger": True}),
        ("withdraw", "withdrawal", may_manage, {"danger": True}),
    ]
    yield {
        "label": t("page.exemption.document"),
        "href": url_for("exemption_pages.document", exemption_id=exemption.id),
    }
    for step, page, allowed, more in offered:
        if step in open_steps and allowed(actor, exemption.instrument):
            at = f"{link_to('secrecy_exemption', exemption.id)}/{page}"
            yield {"label": t(f"page.exemption_{page}.title"), "href": at, **more}
