"""Qualifications for instruments: what one asked for or is asked for, one of them, and its steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from flask import Response, render_template, url_for
from sqlalchemy import Select, select
from werkzeug.datastructures import FileStorage

from accounts.queries.beneficiaries import own_teams
from accounts.queries.names import organisation_names
from core import clock
from core.db import session
from core.errors import NotFound
from core.http import allow, current_actor
from core.http.attachment import attachment
from core.pages import Column, Done, EmptySchema, Filter, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import day, moment, t
from core.pages.tables import choice
from core.permissions import Actor, Permission, authorise
from instruments.models import Instrument, Qualification
from instruments.permissions import holds_it, may_ask_for_it, may_manage, may_offer, may_read_qualifications, owns
from instruments.queries.instruments import find_instrument
from instruments.queries.qualifications import (
    about_named,
    find_qualification,
    in_force_on,
    is_asked_for,
    qualifications,
    qualified,
)
from instruments.queries.quotas import user_of
from instruments.rules.booking import BookingRules
from instruments.rules.qualifications import Validity
from instruments.schemas.qualifications import (
    NewQualificationSchema,
    QualificationDecisionSchema,
    QualificationRevocationSchema,
)
from instruments.service import qualifications as service
from instruments.states import QUALIFICATION, ListingState, QualificationState

qualification_pages = Pages(
    "qualification_pages",
    __name__,
    navigation=(NavEntry("qualifications", "qualification_pages.index", "deal", may_read_qualifications, order=36),),
    links={
        "qualification": ("qualification_pages.one", "qualification_id"),
        "qualification_new": ("qualification_pages.new", "instrument_id"),
    },
)


@dataclass(frozen=True, slots=True)
class Row:
    """One as the table shows it."""

    held: Qualification
    user: str
    provider: str

    @property
    def instruments(self) -> str:
        """What it is about."""
        return "、".join(each.name for each in self.held.instruments)


def _rows(found: Sequence[Qualification]) -> list[Row]:
    names = organisation_names({number for each in found for number in (each.organisation_id, each.provider_id)})
    return [Row(each, names[each.organisation_id], names[each.provider_id]) for each in found]


def _in_force(found: Select[Any], _typed: str) -> Select[Any]:
    return in_force_on(found, clock.today(clock.now()))


QUALIFICATIONS = Table(
    name="qualifications",
    key=Qualification.id,
    default_sort="-asked_at",
    empty="page.qualifications.empty",
    prepare=_rows,
    filters=[
        Filter("q", about_named),
        choice("state", Qualification.state, QualificationState),
        Filter("in_force", _in_force, options=lambda: [("now", t("filter.in_force_now"))]),
    ],
    columns=[
        Column(
            "number",
            lambda row: str(row.held.id),
            sort=Qualification.id,
            link=lambda row: link_to("qualification", row.held.id),
        ),
        Column("instrument", lambda row: row.instruments),
        Column("user", lambda row: row.user),
        Column("provider", lambda row: row.provider),
        Column("state", lambda row: row.held.state, kind="state", sort=Qualification.state),
        Column("asked_at", lambda row: row.held.asked_at, kind="moment", sort=Qualification.asked_at),
        Column("first_day", lambda row: row.held.first_day, kind="day", sort=Qualification.first_day),
        Column("last_day", lambda row: row.held.last_day, kind="day", sort=Qualification.last_day),
    ],
)


@qualification_pages.get("/qualifications")
@allow(may_read_qualifications)
def index() -> Any:
    """What one asked for, or is asked for."""
    return table_page(QUALIFICATIONS, qualifications(current_actor()), title="page.qualifications.title")


@qualification_pages.route("/instruments/<int:instrument_id>/qualifications/new", methods=["GET", "POST"])
@allow(may_ask_for_it)
def new(instrument_id: int) -> Response:
    """A user asks."""
    actor = current_actor()
    instrument, teams = find_instrument(instrument_id, actor=actor), own_teams(actor)

    def effect(given: dict[str, Any]) -> Done:
        upload: FileStorage | None = given.pop("file")
        made = service.ask_to_qualify(
            instrument_id=instrument_id,
            **given,
            stream=None if upload is None else cast(BinaryIO, upload.stream),
            filename="" if upload is None else upload.filename or "",
            actor=current_actor(),
            now=clock.now(),
        )
        return Done(link_to("qualification", made.id), "page.qualification_new.done")

    form = Form(
        NewQualificationSchema,
        name="qualification_new",
        widgets={"note": "textarea"},
        leave_out={"beneficiary_id"} if teams is None else set(),
        required=[] if teams is None else ["beneficiary_id"],
        options={} if teams is None else {"beneficiary_id": teams},
    )
    facts = [("column.instrument", instrument.name), ("column.provider", instrument.provider.name)]
    return form_page(form, effect=effect, back=link_to("instrument", instrument_id), facts=facts)


@qualification_pages.get("/qualifications/<int:qualification_id>")
@allow(may_read_qualifications)
def one(qualification_id: int) -> str:
    """How it stands, and what may be done."""
    (row,) = _rows([find_qualification(qualification_id, actor=current_actor())])
    return render_template(
        "instruments/qualification.html",
        held=row.held,
        facts=_facts(row),
        actions=list(_actions(row.held)),
        link_to=link_to,
    )


@qualification_pages.get("/qualifications/<int:qualification_id>/document")
@allow(may_read_qualifications)
def document(qualification_id: int) -> Response:
    """The certificate that was handed in."""
    found = find_qualification(qualification_id, actor=current_actor()).file
    if found is None:
        raise NotFound
    return attachment(found)


@qualification_pages.route("/qualifications/<int:qualification_id>/decision", methods=["GET", "POST"])
@allow(may_offer)
def decide(qualification_id: int) -> Response:
    """The provider qualifies or refuses."""
    asked = find_qualification(qualification_id, actor=current_actor())
    form = Form(
        QualificationDecisionSchema,
        name="qualification_decision",
        widgets={"decision": "radio", "instrument_ids": "checkboxes", "opinion": "textarea"},
        options={"instrument_ids": _qualifying(asked)},
        initial={
            "first_day": clock.today(clock.now()),
            "instrument_ids": [str(each.id) for each in asked.instruments],
        },
    )
    return _step(asked, form, service.decide_qualification, may_manage)


@qualification_pages.route("/qualifications/<int:qualification_id>/revocation", methods=["GET", "POST"])
@allow(may_offer)
def revoke(qualification_id: int) -> Response:
    """The provider ends it."""
    held = find_qualification(qualification_id, actor=current_actor())
    form = Form(
        QualificationRevocationSchema, name="qualification_revocation", widgets={"grounds": "textarea"}, ends=True
    )
    return _step(held, form, service.revoke_qualification, may_manage)


@qualification_pages.route("/qualifications/<int:qualification_id>/withdrawal", methods=["GET", "POST"])
@allow(may_ask_for_it)
def withdraw(qualification_id: int) -> Response:
    """The user takes it back."""
    asked = find_qualification(qualification_id, actor=current_actor())
    form = Form(EmptySchema, name="qualification_withdrawal", ends=True)
    return _step(asked, form, service.withdraw_qualification, holds_it)


def qualification_facts(instrument: Instrument, rules: BookingRules, *, actor: Actor) -> list[tuple[str, str]]:
    """How the actor's own organisation stands with an instrument for qualified users; nothing of others."""
    user = user_of(actor, None) if rules.qualified_only else None
    if user is None:
        return []
    held = qualified(instrument.id, user)
    said = "、".join(_days(each) for each in held)
    if not held:
        said = t("qualification.asked" if is_asked_for(instrument.id, user) else "qualification.none")
    return [("fact.qualification", said)]


def asks_here(instrument: Instrument, rules: BookingRules, *, actor: Actor) -> str | None:
    """Where who reads asks to be qualified; None where it is not for him, or not asked."""
    may = rules.qualified_only and may_ask_for_it(actor) and instrument.state is ListingState.PUBLISHED
    return link_to("qualification_new", instrument.id) if may else None


def _days(validity: Validity) -> str:
    if validity.last_day is None:
        return t("qualification.since", first_day=day(validity.first_day))
    return t("qualification.days", first_day=day(validity.first_day), last_day=day(validity.last_day))


def _qualifying(asked: Qualification) -> list[tuple[str, str]]:
    """The instruments for which its provider may qualify somebody: those that are public, and those asked about."""
    found = select(Instrument.id, Instrument.name).where(
        Instrument.provider_id == asked.provider_id, Instrument.state == ListingState.PUBLISHED
    )
    public = session().execute(found.order_by(Instrument.name, Instrument.id).limit(MOST_SHOWN)).tuples().all()
    named = {**{each.id: each.name for each in asked.instruments}, **dict(public)}
    return [(str(number), name) for number, name in named.items()]


MOST_SHOWN = 100
"""Instruments that the form of a decision offers; the API takes any of the provider's."""


def _step(held: Qualification, form: Form, act: Callable[..., object], allowed: Permission) -> Response:
    authorise(current_actor(), allowed, held)
    here = link_to("qualification", held.id)

    def effect(given: dict[str, Any]) -> Done:
        act(qualification_id=held.id, **given, actor=current_actor(), now=clock.now())
        return Done(here, f"page.{form.name}.done")

    return form_page(form, effect=effect, back=here, facts=_facts(_rows([held])[0]))


def _facts(row: Row) -> list[tuple[str, object]]:
    held = row.held
    shown: list[tuple[str, object]] = [
        ("column.instrument", row.instruments),
        ("column.user", row.user),
        ("column.provider", row.provider),
        ("fact.qualification_note", held.note),
        ("column.filename", held.file and held.file.filename),
        ("column.asked_at", moment(held.asked_at)),
        ("column.first_day", held.first_day and day(held.first_day)),
        ("column.last_day", held.last_day and day(held.last_day)),
        ("fact.qualification_opinion", held.opinion),
        ("fact.qualification_grounds", held.grounds),
    ]
    return [(label, value) for label, value in shown if value]


def _actions(held: Qualification) -> Iterator[dict[str, Any]]:
    """The steps that its state allows to who reads."""
    actor, open_steps, here = current_actor(), QUALIFICATION.actions(held.state), link_to("qualification", held.id)
    offered: list[tuple[str, str, Permission, dict[str, Any]]] = [
        ("qualify", "decision", owns, {"primary": True}),
        ("revoke", "revocation", owns, {"danger": True}),
        ("withdraw", "withdrawal", holds_it, {"danger": True}),
    ]
    if held.file_id is not None:
        at = url_for("qualification_pages.document", qualification_id=held.id)
        yield {"label": t("page.qualification.document"), "href": at}
    for step, page, allowed, more in offered:
        if step in open_steps and allowed(actor, held):
            yield {"label": t(f"page.qualification_{page}.title"), "href": f"{here}/{page}", **more}
