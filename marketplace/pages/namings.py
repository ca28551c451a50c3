"""Complaints about refusals, namings with their restrictions, and referrals to a department (V20, S29)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from flask import Response, render_template, request, url_for

from accounts.kinds import RestrictionKind
from accounts.queries.restrictions import find_restriction
from core import clock
from core.http import DayField, EnumField, Schema, TextField, allow, current_actor
from core.pages import Column, Done, Form, NavEntry, Pages, form_page, link_to, table_page
from core.pages.language import day, t, term
from core.permissions import Actor
from marketplace.models import Complaint, Naming
from marketplace.pages.provider_cases import by_code, register, rows, step
from marketplace.permissions import (
    may_answer_namings,
    may_complain,
    may_name,
    may_read_namings,
)
from marketplace.queries import find_order
from marketplace.queries.namings import (
    NamingView,
    find_complaint,
    find_naming,
    naming_of_complaint,
    naming_views,
    rests_on,
    visible_complaints,
    visible_namings,
)
from marketplace.rules.naming import NamingCause, NamingDecision
from marketplace.schemas.namings import (
    LONG,
    CaseOpinionSchema,
    NamingAnswerSchema,
    NewComplaintSchema,
    RestrictionLiftingSchema,
)
from marketplace.service import complaints as complaint_service
from marketplace.service import namings as naming_service
from marketplace.service.namings import NamingRefused
from marketplace.states import ComplaintState, NamingState

namings = Pages(
    "naming_pages",
    __name__,
    navigation=(
        NavEntry("namings", "naming_pages.index", "oversight", may_read_namings, order=37),
        NavEntry("complaints", "naming_pages.complaints", "oversight", may_read_namings, order=38),
    ),
    links={
        "naming": ("naming_pages.one", "naming_id"),
        "complaint": ("naming_pages.complaint", "complaint_id"),
    },
)


NAMINGS = register(
    Naming,
    NamingState,
    "organisation",
    Column("cause", lambda row: row.record.cause, kind="term", sort=Naming.cause),
    Column("decided_at", lambda row: row.record.decided_at, kind="moment", sort=Naming.decided_at),
)
COMPLAINTS = register(
    Complaint,
    ComplaintState,
    "provider",
    Column("order", lambda row: row.record.order_id, link=lambda row: link_to("order", row.record.order_id)),
    Column("filed_at", lambda row: row.record.filed_at, kind="moment", sort=Complaint.filed_at),
)


_FIELDS = {"restrictions": "restriction"}
"""Where the form shows what a fault of the decision is about."""


class NewNamingFormSchema(Schema):
    """A case against a provider, by the code people know it by where there is no complaint."""

    uscc = TextField(required=True, max_length=40)
    cause = EnumField(NamingCause, required=True)
    facts = TextField(required=True, max_length=LONG)


class NamingDecisionFormSchema(Schema):
    """The decision, with one choice for each restriction."""

    decision = EnumField(NamingDecision, required=True)
    restriction = EnumField(RestrictionKind, load_default=None, allow_none=True)
    second_restriction = EnumField(RestrictionKind, load_default=None, allow_none=True)
    third_restriction = EnumField(RestrictionKind, load_default=None, allow_none=True)
    until = DayField(load_default=None, allow_none=True)
    notice = TextField(load_default=None, allow_none=True, max_length=LONG)
    opinion = TextField(required=True, max_length=LONG)


@namings.get("/namings")
@allow(may_read_namings)
def index() -> Any:
    """Namings in sight, the latest first."""
    actor = current_actor()
    actions = [{"label": t("page.naming_new.title"), "href": url_for("naming_pages.new")}] if may_name(actor) else []
    return table_page(NAMINGS, visible_namings(actor), title="page.namings.title", actions=actions)


@namings.get("/namings/<int:naming_id>")
@allow(may_read_namings)
def one(naming_id: int) -> str:
    """One naming with its restrictions."""
    actor = current_actor()
    naming = find_naming(naming_id, actor=actor)
    (view,) = naming_views([naming], actor=actor)
    return render_template(
        "marketplace/naming.html",
        naming=naming,
        view=view,
        organisation=rows([naming])[0].organisation,
        facts=list(_facts(view)),
        about=list(_about(view, actor=actor)),
        actions=list(_actions(naming, actor=actor)),
        may_lift=may_name(actor),
        today=clock.today(clock.now()),
    )


@namings.route("/namings/new", methods=["GET", "POST"])
@allow(may_name)
def new() -> Response:
    """Tell a provider why it may be named: on a complaint, or named by its code."""
    complaint_id = request.args.get("complaint", type=int)
    complaint = None if complaint_id is None else find_complaint(complaint_id, actor=current_actor())

    def effect(given: dict[str, Any]) -> Done:
        code = given.pop("uscc", None)
        made = naming_service.open_naming(
            organisation_id=None if complaint is not None else by_code(code),
            complaint_id=None if complaint is None else complaint.id,
            order_id=None,
            **given,
            actor=current_actor(),
            now=clock.now(),
        )
        return Done(link_to("naming", made.id), "page.naming_new.done")

    form = Form(
        NewNamingFormSchema(exclude=() if complaint is None else ("uscc",)),
        name="naming_new",
        widgets={"cause": "radio"},
        initial={} if complaint is None else {"cause": NamingCause.REFUSAL, "facts": complaint.account},
    )
    back = url_for("naming_pages.index") if complaint is None else link_to("complaint", complaint.id)
    return form_page(form, effect=effect, back=back, confirms=True)


@namings.route("/namings/<int:naming_id>/answer", methods=["GET", "POST"])
@allow(may_answer_namings)
def answer(naming_id: int) -> Response:
    """The provider answers."""
    naming = find_naming(naming_id, actor=current_actor())
    form = Form(NamingAnswerSchema, name="naming_answer")
    here, facts = link_to("naming", naming.id), _case(naming)
    return step(here, form, naming_service.answer_naming, facts=facts, naming_id=naming.id)


@namings.route("/namings/<int:naming_id>/decision", methods=["GET", "POST"])
@allow(may_name)
def decide(naming_id: int) -> Response:
    """Name the provider or dismiss the case."""
    naming = find_naming(naming_id, actor=current_actor())

    def act(*, restriction: Any, second_restriction: Any, third_restriction: Any, **given: Any) -> object:
        chosen = [each for each in (restriction, second_restriction, third_restriction) if each is not None]
        try:
            return naming_service.decide_naming(naming_id=naming.id, restrictions=chosen, **given)
        except NamingRefused as refused:
            reasons = [replace(each, field=_FIELDS.get(each.field or "", each.field)) for each in refused.reasons]
            raise NamingRefused(reasons=reasons) from refused

    form = Form(NamingDecisionFormSchema, name="naming_decision", widgets={"decision": "radio"})
    return step(link_to("naming", naming.id), form, act, facts=_case(naming))


@namings.route("/restrictions/<int:restriction_id>/lifting", methods=["GET", "POST"])
@allow(may_name)
def lift(restriction_id: int) -> Response:
    """A restriction ends before its last day."""
    restriction = find_restriction(restriction_id, actor=current_actor())
    naming_id = int(restriction.source.rpartition(":")[2])
    form = Form(RestrictionLiftingSchema, name="restriction_lifting")
    return step(link_to("naming", naming_id), form, naming_service.lift, restriction_id=restriction.id)


@namings.get("/complaints")
@allow(may_read_namings)
def complaints() -> Any:
    """Complaints in sight, the latest first."""
    return table_page(COMPLAINTS, visible_complaints(current_actor()), title="page.complaints.title")


@namings.get("/complaints/<int:complaint_id>")
@allow(may_read_namings)
def complaint(complaint_id: int) -> str:
    """One complaint with what became of it."""
    actor = current_actor()
    found = find_complaint(complaint_id, actor=actor)
    actions = []
    if may_name(actor) and found.state is ComplaintState.FILED:
        actions = [
            {
                "label": t("page.naming_new.title"),
                "href": url_for("naming_pages.new", complaint=found.id),
                "primary": True,
            },
            {
                "label": t("page.complaint_dismissal.title"),
                "href": url_for("naming_pages.dismiss", complaint_id=found.id),
            },
        ]
    provider = rows([found])[0].organisation
    naming = naming_of_complaint(found.id, actor=actor)
    if naming is not None:
        actions.append({"label": t("page.complaint.naming"), "href": link_to("naming", naming)})
    return render_template("marketplace/complaint.html", complaint=found, provider=provider, actions=actions)


@namings.route("/orders/<int:order_id>/complaint", methods=["GET", "POST"])
@allow(may_complain)
def complain(order_id: int) -> Response:
    """The user of a refused order complains."""
    order = find_order(order_id, actor=current_actor())
    form = Form(NewComplaintSchema, name="complaint_new")
    return step(link_to("order", order.id), form, complaint_service.complain, order_id=order.id)


@namings.route("/complaints/<int:complaint_id>/dismissal", methods=["GET", "POST"])
@allow(may_name)
def dismiss(complaint_id: int) -> Response:
    """Nothing is found in a complaint."""
    found = find_complaint(complaint_id, actor=current_actor())
    form = Form(CaseOpinionSchema, name="complaint_dismissal")
    return step(link_to("complaint", found.id), form, complaint_service.dismiss_complaint, complaint_id=found.id)


def _case(naming: Naming) -> list[tuple[str, object]]:
    """What a provider is heard about, beside the form of those who answer or decide."""
    view = naming_views([naming], actor=current_actor())[0]
    known = [("column.organisation", rows([naming])[0].organisation), ("column.cause", term(naming.cause))]
    return [*known, *_facts(view)]


def _facts(view: NamingView) -> Iterator[tuple[str, object]]:
    """What is public of a naming once it is decided; before that, what those may know who are heard about it.

    Once it is decided, what it rests on says the rest.
    """
    naming = view.naming
    if naming.notice is not None:
        yield "page.naming.notice", naming.notice
    if view.private and naming.decided_at is None:
        yield "page.naming.facts", naming.facts
        yield "column.answer_by", day(naming.answer_by)
        yield "page.naming.answer", naming.answer


def _about(view: NamingView, *, actor: Actor) -> Iterator[tuple[str, str]]:
    """The complaint and the order a naming rests on, for those who may read them."""
    if view.private:
        for kind, number in rests_on(view.naming, actor=actor):
            yield t(f"page.naming.{kind}", number=number), link_to(kind, number)


def _actions(naming: Naming, *, actor: Actor) -> Iterator[dict[str, Any]]:
    """Buttons of what this actor may do about a naming today."""
    own = may_answer_namings(actor) and naming.organisation_id == actor.organisation_id
    if own and naming.state is NamingState.NOTIFIED and clock.today(clock.now()) <= naming.answer_by:
        href = url_for("naming_pages.answer", naming_id=naming.id)
        yield {"label": t("page.naming_answer.title"), "href": href, "primary": True}
    if may_name(actor) and naming.decided_at is None and actor.user_id != naming.opened_by:
        href = url_for("naming_pages.decide", naming_id=naming.id)
        yield {"label": t("page.naming_decision.title"), "href": href, "primary": True}
