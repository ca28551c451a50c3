"""Needs the province may not meet: stated out of a search, listed, answered, closed (V16 out)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template

from accounts.policy import city_names
from accounts.queries.beneficiaries import own_teams
from accounts.queries.names import organisation_names
from core import clock
from core.http import allow, current_actor
from core.pages import Column, Done, EmptySchema, Filter, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import day, moment, t, term
from core.pages.tables import choice
from core.permissions import authorise
from instruments.pages.asking import asked, asked_for
from instruments.pages.saved_searches import words
from instruments.queries.saved_searches import wanted_of
from marketplace.models import UnmetNeed
from marketplace.permissions import (
    is_users_side_of_need,
    may_answer_need,
    may_answer_needs,
    may_read_needs,
    may_state_needs,
)
from marketplace.queries.unmet_needs import find_need, need_views, quotes_on, visible_needs
from marketplace.schemas.unmet_needs import NeedAnswerSchema, NeedClosingSchema, NeedFieldsSchema
from marketplace.service import unmet_needs as service
from marketplace.states import UNMET_NEED, UnmetNeedState

needs = Pages(
    "unmet_need_pages",
    __name__,
    url_prefix="/unmet-needs",
    navigation=(NavEntry("unmet_needs", "unmet_need_pages.index", "deal", may_read_needs, order=8),),
    links={"unmet_need": ("unmet_need_pages.one", "need_id"), "unmet_need_new": ("unmet_need_pages.new", "")},
)


@dataclass(frozen=True, slots=True)
class Row:
    """A statement as the list shows it."""

    need: UnmetNeed
    user: str
    city: str


def _rows(found: Sequence[UnmetNeed]) -> list[Row]:
    names, cities = organisation_names({each.organisation_id for each in found}), _cities()
    return [Row(each, names[each.organisation_id], cities.get(each.city or "", "")) for each in found]


def _cities() -> dict[str, str]:
    return city_names(clock.today(clock.now()))


NEEDS = Table(
    name="unmet-needs",
    key=UnmetNeed.id,
    default_sort="-unmet_need",
    empty="page.unmet_needs.empty",
    prepare=_rows,
    filters=[
        choice("state", UnmetNeed.state, UnmetNeedState),
        Filter(
            "city", lambda query, value: query.where(UnmetNeed.city == value), options=lambda: list(_cities().items())
        ),
        Filter("need_year", lambda query, value: query.where(UnmetNeed.year == int(value[:4]))),
        Filter(
            "q",
            lambda query, value: query.where(
                UnmetNeed.subject.icontains(value, autoescape=True)
                | UnmetNeed.methods.icontains(value, autoescape=True)
            ),
        ),
    ],
    columns=[
        Column(
            "unmet_need",
            lambda row: row.need.number,
            sort=UnmetNeed.id,
            link=lambda row: link_to("unmet_need", row.need.id),
        ),
        Column("need_subject", lambda row: row.need.subject, sort=UnmetNeed.subject),
        Column("beneficiary", lambda row: row.user),
        Column("city", lambda row: row.city, sort=UnmetNeed.city),
        Column("found_then", lambda row: row.need.found_total, kind="number", sort=UnmetNeed.found_total),
        Column("state", lambda row: row.need.state, kind="state", sort=UnmetNeed.state),
        Column("need_stated_at", lambda row: row.need.stated_at, kind="moment", sort=UnmetNeed.stated_at),
    ],
)


@needs.get("")
@allow(may_read_needs)
def index() -> Any:
    """The statements in sight; the same list as a file."""
    return table_page(NEEDS, visible_needs(current_actor()), title="page.unmet_needs.title")


@needs.route("/new", methods=["GET", "POST"])
@allow(may_state_needs)
def new() -> Response:
    """State a need out of the search of the address."""
    question, teams = asked(), own_teams(current_actor())

    def effect(given: dict[str, Any]) -> Done:
        made = service.state_need(**given, wanted=question.wanted, actor=current_actor(), now=clock.now())
        return Done(link_to("unmet_need", made.id), "page.unmet_need_new.done")

    form = Form(
        NeedFieldsSchema,
        name="unmet_need_new",
        initial={"subject": question.typed["q"]},
        leave_out=["beneficiary_id"] if teams is None else [],
        required=[] if teams is None else ["beneficiary_id"],
        options={} if teams is None else {"beneficiary_id": teams},
    )
    return form_page(form, effect=effect, back=question.href(), facts=[("column.asks_for", words(question))])


@needs.get("/<int:need_id>")
@allow(may_read_needs)
def one(need_id: int) -> str:
    """A statement with its evidence, what the office proposed, and what may be done."""
    need, actor = find_need(need_id, actor=current_actor()), current_actor()
    return render_template(
        "marketplace/unmet_need.html",
        need=need,
        facts=_facts(need),
        cities=_cities(),
        proposals=[(each, link_to(each.kind, each.id)) for each in need_views([need])[0].proposed],
        quotes=[(each, link_to("quote", each)) for each in quotes_on(need.id, actor=actor)],
        link_to=link_to,
        actions=list(_actions(need)),
    )


@needs.route("/<int:need_id>/answer", methods=["GET", "POST"])
@allow(may_answer_needs)
def answer(need_id: int) -> Response:
    """Propose what may serve."""
    return _decide(need_id, Form(NeedAnswerSchema, name="unmet_need_answer"), service.answer_need)


@needs.route("/<int:need_id>/closing", methods=["GET", "POST"])
@allow(may_answer_needs)
def close(need_id: int) -> Response:
    """Close it as confirmed or met."""
    form = Form(NeedClosingSchema, name="unmet_need_closing", widgets={"outcome": "radio"})
    return _decide(need_id, form, service.close_need)


@needs.route("/<int:need_id>/withdrawal", methods=["GET", "POST"])
@allow(may_state_needs)
def withdraw(need_id: int) -> Response:
    """Take it back."""
    need = find_need(need_id, actor=current_actor())
    return _sent(need, Form(EmptySchema, name="unmet_need_withdrawal", ends=True), service.withdraw_need)


def _decide(need_id: int, form: Form, act: Callable[..., object]) -> Response:
    need = find_need(need_id, actor=current_actor())
    authorise(current_actor(), may_answer_need, need)
    return _sent(need, form, act)


def _sent(need: UnmetNeed, form: Form, act: Callable[..., object]) -> Response:
    here = link_to("unmet_need", need.id)

    def effect(given: dict[str, Any]) -> Done:
        act(need_id=need.id, **given, actor=current_actor(), now=clock.now())
        return Done(here, f"page.{form.name}.done")

    facts = [("column.unmet_need", need.number), ("column.need_subject", need.subject)]
    return form_page(form, effect=effect, back=here, facts=facts)


def _facts(need: UnmetNeed) -> list[tuple[str, object]]:
    """What was stated; what was left open is left out."""
    shown: list[tuple[str, object]] = [
        ("column.unmet_need", need.number),
        ("column.beneficiary", organisation_names({need.organisation_id})[need.organisation_id]),
        ("column.need_subject", need.subject),
        ("form.unmet_need_new.methods", need.methods),
        ("form.unmet_need_new.needed_from", day(need.needed_from) if need.needed_from else None),
        ("form.unmet_need_new.needed_until", day(need.needed_until) if need.needed_until else None),
        ("form.unmet_need_new.why", need.why),
        ("column.asks_for", words(asked_for(wanted_of(need.filters)))),
        ("column.need_stated_at", moment(need.stated_at)),
        ("form.unmet_need_closing.outcome", term(need.outcome) if need.outcome else None),
    ]
    return [(label, value) for label, value in shown if value]


def _actions(need: UnmetNeed) -> Iterator[dict[str, Any]]:
    """The steps that its state allows to who reads."""
    actor, open_steps = current_actor(), UNMET_NEED.actions(need.state)
    offered = [
        ("respond", "answer", may_answer_need, {"primary": True}),
        ("conclude", "closing", may_answer_need, {}),
        ("withdraw", "withdrawal", may_state_needs & is_users_side_of_need, {"danger": True}),
    ]
    for step, page, allowed, more in offered:
        if step in open_steps and allowed(actor, need):
            at = f"{link_to('unmet_need', need.id)}/{page}"
            yield {"label": t(f"page.unmet_need_{page}.title"), "href": at, **more}
