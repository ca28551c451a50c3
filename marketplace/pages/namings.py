"""Complaints about refusals, namings with their restrictions, and referrals to a department (V20, S29)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask import Response, render_template, request, url_for

from accounts.kinds import RestrictionKind
from accounts.queries.names import known_by_code, organisation_names
from accounts.queries.restrictions import find_restriction
from accounts.rules import uscc
from core import clock
from core.errors import reason
from core.http import DayField, EnumField, Schema, TextField, allow, current_actor
from core.http.attachment import attachment
from core.pages import Column, Done, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.language import t
from core.pages.tables import choice
from core.permissions import Actor
from marketplace.models import Complaint, Naming, Referral
from marketplace.permissions import (
    may_answer_namings,
    may_complain,
    may_name,
    may_read_namings,
    may_read_referrals,
    may_refer,
)
from marketplace.queries import find_order
from marketplace.queries.namings import (
    find_complaint,
    find_naming,
    find_referral,
    naming_views,
    visible_complaints,
    visible_namings,
    visible_referrals,
)
from marketplace.rules.naming import NAMING, NamingCause, NamingDecision
from marketplace.schemas.namings import (
    LONG,
    SHORT,
    CaseOpinionSchema,
    NamingAnswerSchema,
    NewComplaintSchema,
    ReplySchema,
    RestrictionLiftingSchema,
    SendingSchema,
)
from marketplace.service import complaints as complaint_service
from marketplace.service import namings as naming_service
from marketplace.service import referrals as referral_service
from marketplace.service.namings import NamingRefused
from marketplace.states import ComplaintState, NamingState, ReferralState

namings = Pages(
    "naming_pages",
    __name__,
    navigation=(
        NavEntry("namings", "naming_pages.index", "oversight", may_read_namings, order=37),
        NavEntry("complaints", "naming_pages.complaints", "oversight", may_read_namings, order=38),
        NavEntry("referrals", "naming_pages.referrals", "oversight", may_read_referrals, order=39),
    ),
    links={
        "naming": ("naming_pages.one", "naming_id"),
        "complaint": ("naming_pages.complaint", "complaint_id"),
        "referral": ("naming_pages.referral", "referral_id"),
    },
)


@dataclass(frozen=True, slots=True)
class Row:
    """A record with the provider it is about, by name."""

    record: Any
    organisation: str


def _rows(found: Sequence[Naming | Complaint | Referral]) -> list[Row]:
    names = organisation_names(_party(each) for each in found)
    return [Row(each, names[_party(each)]) for each in found]


def _party(record: Naming | Complaint | Referral) -> int:
    """The provider that a record is about."""
    return record.provider_id if isinstance(record, Complaint) else record.organisation_id


def _register(
    record: type[Naming | Complaint | Referral], states: type[StrEnum], party: str, about: Column, last: Column
) -> Table:
    """The table of one kind of record: number, provider, what it is about, how far it has come and when."""
    kind = record.__tablename__
    return Table(
        name=f"{kind}s",
        key=record.id,
        default_sort="-number",
        empty=f"page.{kind}s.empty",
        prepare=_rows,
        filters=[choice("state", record.state, states)],
        columns=[
            Column("number", lambda row: row.record.id, sort=record.id, link=lambda row: link_to(kind, row.record.id)),
            Column(party, lambda row: row.organisation),
            about,
            Column("state", lambda row: row.record.state, kind="state", sort=record.state),
            last,
        ],
    )


NAMINGS = _register(
    Naming,
    NamingState,
    "organisation",
    Column("cause", lambda row: row.record.cause, kind="term", sort=Naming.cause),
    Column("decided_at", lambda row: row.record.decided_at, kind="moment", sort=Naming.decided_at),
)
COMPLAINTS = _register(
    Complaint,
    ComplaintState,
    "provider",
    Column("order", lambda row: row.record.order_id, link=lambda row: link_to("order", row.record.order_id)),
    Column("filed_at", lambda row: row.record.filed_at, kind="moment", sort=Complaint.filed_at),
)
REFERRALS = _register(
    Referral,
    ReferralState,
    "organisation",
    Column("department", lambda row: row.record.department, sort=Referral.department),
    Column("sent_on", lambda row: row.record.sent_on, kind="day", sort=Referral.sent_on),
)


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


class NewReferralFormSchema(Schema):
    """A referral of an institution named by its code."""

    uscc = TextField(required=True, max_length=40)
    department = TextField(required=True, max_length=SHORT)
    facts = TextField(required=True, max_length=LONG)


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
        organisation=_rows([naming])[0].organisation,
        actions=list(_actions(naming, actor=actor)),
        may_lift=may_name(actor),
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
            organisation_id=None if complaint is not None else _by_code(code),
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
    return _step(link_to("naming", naming.id), form, naming_service.answer_naming, naming_id=naming.id)


@namings.route("/namings/<int:naming_id>/decision", methods=["GET", "POST"])
@allow(may_name)
def decide(naming_id: int) -> Response:
    """Name the provider or dismiss the case."""
    naming = find_naming(naming_id, actor=current_actor())

    def act(*, restriction: Any, second_restriction: Any, third_restriction: Any, **given: Any) -> object:
        chosen = [each for each in (restriction, second_restriction, third_restriction) if each is not None]
        return naming_service.decide_naming(naming_id=naming.id, restrictions=chosen, **given)

    form = Form(NamingDecisionFormSchema, name="naming_decision", widgets={"decision": "radio"})
    return _step(link_to("naming", naming.id), form, act)


@namings.route("/restrictions/<int:restriction_id>/lifting", methods=["GET", "POST"])
@allow(may_name)
def lift(restriction_id: int) -> Response:
    """A restriction ends before its last day."""
    restriction = find_restriction(restriction_id, actor=current_actor())
    naming_id = int(restriction.source.rpartition(":")[2])
    form = Form(RestrictionLiftingSchema, name="restriction_lifting")
    return _step(link_to("naming", naming_id), form, naming_service.lift, restriction_id=restriction.id)


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
    provider = _rows([found])[0].organisation
    return render_template("marketplace/complaint.html", complaint=found, provider=provider, actions=actions)


@namings.route("/orders/<int:order_id>/complaint", methods=["GET", "POST"])
@allow(may_complain)
def complain(order_id: int) -> Response:
    """The user of a refused order complains."""
    order = find_order(order_id, actor=current_actor())
    form = Form(NewComplaintSchema, name="complaint_new")
    return _step(link_to("order", order.id), form, complaint_service.complain, order_id=order.id)


@namings.route("/complaints/<int:complaint_id>/dismissal", methods=["GET", "POST"])
@allow(may_name)
def dismiss(complaint_id: int) -> Response:
    """Nothing is found in a complaint."""
    found = find_complaint(complaint_id, actor=current_actor())
    form = Form(CaseOpinionSchema, name="complaint_dismissal")
    return _step(link_to("complaint", found.id), form, complaint_service.dismiss_complaint, complaint_id=found.id)


@namings.get("/referrals")
@allow(may_read_referrals)
def referrals() -> Any:
    """Referrals, the latest first."""
    actions = [{"label": t("page.referral_new.title"), "href": url_for("naming_pages.refer")}]
    return table_page(
        REFERRALS,
        visible_referrals(current_actor()),
        title="page.referrals.title",
        actions=actions if may_refer(current_actor()) else [],
    )


@namings.get("/referrals/<int:referral_id>")
@allow(may_read_referrals)
def referral(referral_id: int) -> str:
    """One referral with the department's answer."""
    actor = current_actor()
    found = find_referral(referral_id, actor=actor)
    step = {ReferralState.PREPARED: "send", ReferralState.SENT: "reply"}.get(found.state)
    actions = [{"label": t("page.referral.document"), "href": url_for("naming_pages.document", referral_id=found.id)}]
    if step is not None and may_refer(actor):
        href = url_for(f"naming_pages.{step}", referral_id=found.id)
        actions.append({"label": t(f"page.referral_{step}.title"), "href": href})
    return render_template(
        "marketplace/referral.html", referral=found, organisation=_rows([found])[0].organisation, actions=actions
    )


@namings.get("/referrals/<int:referral_id>/document")
@allow(may_read_referrals)
def document(referral_id: int) -> Response:
    """The document of a referral."""
    return attachment(find_referral(referral_id, actor=current_actor()).document_file)


@namings.route("/referrals/new", methods=["GET", "POST"])
@allow(may_refer)
def refer() -> Response:
    """Write a referral."""

    def effect(given: dict[str, Any]) -> Done:
        made = referral_service.prepare_referral(
            organisation_id=_by_code(given.pop("uscc")),
            naming_id=None,
            **given,
            actor=current_actor(),
            now=clock.now(),
        )
        return Done(link_to("referral", made.id), "page.referral_new.done")

    return form_page(
        Form(NewReferralFormSchema, name="referral_new"), effect=effect, back=url_for("naming_pages.referrals")
    )


@namings.route("/referrals/<int:referral_id>/dispatch", methods=["GET", "POST"])
@allow(may_refer)
def send(referral_id: int) -> Response:
    """The document went out."""
    found = find_referral(referral_id, actor=current_actor())
    form = Form(SendingSchema, name="referral_send")
    return _step(link_to("referral", found.id), form, referral_service.send_referral, referral_id=found.id)


@namings.route("/referrals/<int:referral_id>/answer", methods=["GET", "POST"])
@allow(may_refer)
def reply(referral_id: int) -> Response:
    """The department answered."""
    found = find_referral(referral_id, actor=current_actor())
    form = Form(ReplySchema, name="referral_reply")
    return _step(link_to("referral", found.id), form, referral_service.answer_referral, referral_id=found.id)


def _by_code(code: str) -> int:
    """An organisation by its code; one that nobody knows is not found."""
    known = uscc.normalised(code)
    found = None if known is None else known_by_code(known, actor=current_actor())
    if found is None:
        raise NamingRefused(reasons=[reason("provider_unclear", article=NAMING, field="uscc")])
    return found


def _actions(naming: Naming, *, actor: Actor) -> Iterator[dict[str, Any]]:
    """Buttons of what this actor may do about a naming today."""
    own = may_answer_namings(actor) and naming.organisation_id == actor.organisation_id
    if own and naming.state is NamingState.NOTIFIED and clock.today(clock.now()) <= naming.answer_by:
        href = url_for("naming_pages.answer", naming_id=naming.id)
        yield {"label": t("page.naming_answer.title"), "href": href, "primary": True}
    if may_name(actor) and naming.decided_at is None and actor.user_id != naming.opened_by:
        href = url_for("naming_pages.decide", naming_id=naming.id)
        yield {"label": t("page.naming_decision.title"), "href": href, "primary": True}


def _step(here: str, form: Form, act: Callable[..., object], **known: Any) -> Response:
    """A form about a record, and back to it."""

    def effect(given: dict[str, Any]) -> Done:
        act(**known, **given, actor=current_actor(), now=clock.now())
        return Done(here, f"page.{form.name}.done")

    return form_page(form, effect=effect, back=here, confirms=True)
