"""Misconduct on record, and the appeals against it (V19, V21)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, request, url_for

from accounts.permissions import authority, may_enter_standing
from accounts.queries.names import known_by_code, organisation_names
from accounts.queries.organisations import organisation
from accounts.queries.standing import find_adverse_record
from accounts.rules import uscc
from accounts.schemas.standing import AnnulmentSchema
from core import clock
from core.errors import reason
from core.http import DayField, EnumField, Schema, TextField, allow, current_actor
from core.http.attachment import attachment
from core.pages import Column, Done, Form, NavEntry, Pages, Table, form_page, link_to, table_page, term
from core.pages.language import day, t
from core.pages.tables import choice
from core.permissions import Actor, authorise
from vouchers.models import MisconductDecision
from vouchers.pages.inspection_parts import Place
from vouchers.permissions import may_appeal, may_decide_appeals, may_decide_misconduct, may_read_misconduct
from vouchers.queries.inspections import find_finding
from vouchers.queries.misconduct import find_appeal, find_appeal_file, find_misconduct, visible_misconduct
from vouchers.rules.supervision import MISCONDUCT, MisconductKind, Seriousness
from vouchers.schemas.misconduct import (
    AppealDecisionSchema,
    AppealFileSchema,
    NewAppealSchema,
    SanctionSuspensionSchema,
)
from vouchers.schemas.supervision import LONG
from vouchers.schemas.uploads import upload_of, upload_or_none
from vouchers.service import misconduct as service
from vouchers.service.misconduct import MisconductRefused
from vouchers.states import AppealState, MisconductState

misconduct = Pages(
    "misconduct_pages",
    __name__,
    navigation=(NavEntry("misconduct", "misconduct_pages.index", "oversight", may_read_misconduct, order=36),),
    links={
        "misconduct": ("misconduct_pages.one", "decision_id"),
        "misconduct_appeal": ("misconduct_pages.appeal", "appeal_id"),
    },
)


@dataclass(frozen=True, slots=True)
class Row:
    """A decision as the table shows it."""

    decision: MisconductDecision
    organisation: str


def _rows(found: Sequence[MisconductDecision]) -> list[Row]:
    names = organisation_names(each.organisation_id for each in found)
    return [Row(each, names[each.organisation_id]) for each in found]


DECISIONS = Table(
    name="misconduct",
    key=MisconductDecision.id,
    default_sort="-number",
    empty="page.misconducts.empty",
    prepare=_rows,
    filters=[choice("state", MisconductDecision.state, MisconductState)],
    columns=[
        Column(
            "number",
            lambda row: row.decision.id,
            sort=MisconductDecision.id,
            link=lambda row: link_to("misconduct", row.decision.id),
        ),
        Column("organisation", lambda row: row.organisation),
        Column("misconduct_kind", lambda row: row.decision.kind, kind="term", sort=MisconductDecision.kind),
        Column("seriousness", lambda row: row.decision.seriousness, kind="term", sort=MisconductDecision.seriousness),
        Column(
            "sanction_until",
            lambda row: row.decision.sanction_until,
            kind="day",
            sort=MisconductDecision.sanction_until,
        ),
        Column("state", lambda row: row.decision.state, kind="state", sort=MisconductDecision.state),
        Column("appeal_by", lambda row: row.decision.appeal_by, kind="day", sort=MisconductDecision.appeal_by),
    ],
)


class NewMisconductFormSchema(Schema):
    """A decision of misconduct; without a finding, the organisation by the code people know it by."""

    uscc = TextField(required=True, max_length=40)
    kind = EnumField(MisconductKind, required=True)
    seriousness = EnumField(Seriousness, required=True)
    occurred_on = DayField(required=True)
    sanction_until = DayField(load_default=None, allow_none=True)
    notice = TextField(required=True, max_length=LONG)
    grounds = TextField(required=True, max_length=LONG)


@misconduct.get("/misconduct-decisions")
@allow(may_read_misconduct)
def index() -> Any:
    """Decisions in sight, the latest first."""
    actions = [{"label": t("page.misconduct_new.title"), "href": url_for("misconduct_pages.new")}]
    actor = current_actor()
    return table_page(
        DECISIONS,
        visible_misconduct(actor),
        title="page.misconducts.title",
        actions=actions if may_decide_misconduct(actor) else [],
    )


@misconduct.get("/misconduct-decisions/<int:decision_id>")
@allow(may_read_misconduct)
def one(decision_id: int) -> str:
    """One decision with its sanction and its appeal."""
    actor = current_actor()
    decision = find_misconduct(decision_id, actor=actor)
    return render_template(
        "vouchers/misconduct.html",
        decision=decision,
        reasons=[*decision.reasons, *(() if decision.appeal is None else decision.appeal.reasons)],
        organisation=_rows([decision])[0].organisation,
        actions=list(_actions(decision, actor=actor)),
    )


@misconduct.route("/misconduct-decisions/new", methods=["GET", "POST"])
@allow(may_decide_misconduct)
def new() -> Response:
    """Decide on misconduct: on an upheld finding, or about an organisation named by its code."""
    finding_id = request.args.get("finding", type=int)
    finding = None if finding_id is None else find_finding(finding_id, actor=current_actor())

    def effect(given: dict[str, Any]) -> Done:
        code = given.pop("uscc", None)
        made = service.decide_misconduct(
            organisation_id=None if finding is not None else _by_code(code),
            finding_id=None if finding is None else finding.id,
            **given,
            actor=current_actor(),
            now=clock.now(),
        )
        return Done(link_to("misconduct", made.id), "page.misconduct_new.done")

    form = Form(
        NewMisconductFormSchema(exclude=() if finding is None else ("uscc",)),
        name="misconduct_new",
        widgets={"kind": "radio", "seriousness": "radio"},
        initial={} if finding is None else {"occurred_on": finding.inspection.claim.completed_on},
        ends=True,
    )
    back = url_for("misconduct_pages.index") if finding is None else link_to("finding", finding.id)
    facts = [] if finding is None else [("page.finding.statement", finding.statement)]
    return form_page(form, effect=effect, back=back, confirms=True, facts=facts)


@misconduct.route("/misconduct-decisions/<int:decision_id>/appeal", methods=["GET", "POST"])
@allow(may_appeal)
def file_appeal(decision_id: int) -> Response:
    """The party appeals."""
    decision = find_misconduct(decision_id, actor=current_actor())

    def act(*, file: Any, **given: Any) -> object:
        return service.file_appeal(decision_id=decision.id, upload=upload_or_none(file), **given)

    return _step(decision, Form(NewAppealSchema, name="appeal_new"), act)


@misconduct.route("/adverse-records/<int:record_id>/annulment", methods=["GET", "POST"])
@allow(authority)
def annul_record(record_id: int) -> Response:
    """Annul an adverse record entered by mistake."""
    actor = current_actor()
    record = find_adverse_record(record_id, actor=actor)
    against = organisation(record.organisation_id)
    authorise(actor, may_enter_standing, against)
    here = link_to("organisation", against.id)

    def effect(given: dict[str, Any]) -> Done:
        service.annul_record(record_id=record_id, **given, actor=actor, now=clock.now())
        return Done(here, "page.adverse_record_annulment.done")

    form = Form(AnnulmentSchema, name="adverse_record_annulment", ends=True)
    facts: list[tuple[str, object]] = [
        ("column.organisation", against.name),
        ("column.adverse_kind", term(record.kind)),
        ("column.since", record.since.isoformat()),
        ("column.source", record.source),
    ]
    return form_page(form, effect=effect, back=here, facts=facts)


@misconduct.get("/appeals/<int:appeal_id>")
@allow(may_read_misconduct)
def appeal(appeal_id: int) -> str:
    """An appeal is shown with its decision."""
    return one(find_appeal(appeal_id, actor=current_actor()).decision_id)


@misconduct.get("/appeals/<int:appeal_id>/files/<int:file_id>")
@allow(may_read_misconduct)
def appeal_file(appeal_id: int, file_id: int) -> Response:
    """A file of an appeal."""
    return attachment(find_appeal_file(appeal_id, file_id, actor=current_actor()).file)


@misconduct.route("/appeals/<int:appeal_id>/files", methods=["GET", "POST"])
@allow(may_appeal)
def add_file(appeal_id: int) -> Response:
    """The party adds a file."""
    decision = find_appeal(appeal_id, actor=current_actor()).decision

    def act(*, file: Any, **given: Any) -> object:
        return service.add_appeal_file(appeal_id=appeal_id, upload=upload_of(file), **given)

    return _step(decision, Form(AppealFileSchema, name="appeal_file"), act)


@misconduct.route("/appeals/<int:appeal_id>/suspension", methods=["GET", "POST"])
@allow(may_decide_appeals)
def suspend(appeal_id: int) -> Response:
    """The sanction rests until the appeal is decided."""
    decision = find_appeal(appeal_id, actor=current_actor()).decision

    def act(**given: Any) -> object:
        return service.suspend_sanction(appeal_id=appeal_id, **given)

    return _step(decision, Form(SanctionSuspensionSchema, name="appeal_suspension"), act)


@misconduct.route("/appeals/<int:appeal_id>/decision", methods=["GET", "POST"])
@allow(may_decide_appeals)
def decide_appeal(appeal_id: int) -> Response:
    """Dismiss, reduce or annul."""
    decision = find_appeal(appeal_id, actor=current_actor()).decision

    def act(**given: Any) -> object:
        return service.decide_appeal(appeal_id=appeal_id, **given)

    form = Form(AppealDecisionSchema, name="appeal_decision", widgets={"decision": "radio"})
    return _step(decision, form, act)


def _by_code(code: str) -> int:
    """An organisation by its code; one that nobody knows is not found."""
    known = uscc.normalised(code)
    found = None if known is None else known_by_code(known, actor=current_actor())
    if found is None:
        raise MisconductRefused(reasons=[reason("accused_unclear", article=MISCONDUCT, field="uscc")])
    return found


def _actions(decision: MisconductDecision, *, actor: Actor) -> Iterator[dict[str, Any]]:
    """Buttons of what this actor may do about a decision today."""
    filed = decision.appeal
    if service.may_appeal_now(decision, actor=actor, now=clock.now()) and may_appeal(actor):
        yield Place("misconduct_pages", "decision_id", decision.id).to("appeal_new", "file_appeal", primary=True)
    if filed is None or filed.state is not AppealState.FILED:
        return
    here = Place("misconduct_pages", "appeal_id", filed.id)
    if may_appeal(actor):
        yield here.to("appeal_file", "add_file")
    if may_decide_appeals(actor) and actor.user_id != decision.decided_by:
        yield here.to("appeal_decision", "decide_appeal", primary=True)
        if decision.record_id is not None and decision.state is MisconductState.IN_FORCE:
            yield here.to("appeal_suspension", "suspend")


def _step(decision: MisconductDecision, form: Form, act: Callable[..., object]) -> Response:
    """A form about a decision or its appeal, and back to the decision."""
    here = link_to("misconduct", decision.id)

    def effect(given: dict[str, Any]) -> Done:
        act(**given, actor=current_actor(), now=clock.now())
        return Done(here, f"page.{form.name}.done")

    facts = [
        ("column.organisation", _rows([decision])[0].organisation),
        ("column.misconduct_kind", term(decision.kind)),
        ("column.sanction_until", day(decision.sanction_until)),
        ("page.misconduct.grounds", decision.grounds),
    ]
    if decision.appeal is not None:
        facts.append(("page.misconduct.appeal", decision.appeal.grounds))
    return form_page(form, effect=effect, back=here, confirms=True, facts=facts)
