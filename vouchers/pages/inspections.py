"""Inspections of drawn claims: who goes, what is seen, what is found (V19)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, render_template
from marshmallow import fields

from core import clock
from core.http import DayField, Schema, TextField, allow, current_actor
from core.http.attachment import attachment
from core.pages import Column, Done, EmptySchema, Form, NavEntry, Pages, Table, form_page, link_to, table_page
from core.pages.tables import choice
from vouchers.models import Inspection
from vouchers.pages.inspection_parts import (
    INSPECTED,
    checklist_items,
    finding_words,
    inspection_actions,
    inspection_rows,
    party_options,
)
from vouchers.permissions import may_inspect, may_plan_inspections, may_read_inspections, may_stop_and_claw_back
from vouchers.queries.inspections import (
    find_evidence,
    find_inspection,
    inspection_view,
    officers_for,
    stops_for,
    visible_inspections,
)
from vouchers.schemas.inspections import (
    EvidenceSchema,
    InspectionAssignmentSchema,
    InspectionStopSchema,
    NewFindingSchema,
    RefusalSchema,
)
from vouchers.schemas.supervision import LONG
from vouchers.schemas.uploads import upload_of
from vouchers.service import inspections as service
from vouchers.service.inspections import ChecklistAnswer
from vouchers.states import InspectionState

inspections = Pages(
    "inspection_pages",
    __name__,
    url_prefix="/inspections",
    navigation=(NavEntry("inspections", "inspection_pages.index", "oversight", may_read_inspections, order=32),),
    links={"inspection": ("inspection_pages.one", "inspection_id")},
)

INSPECTIONS = Table(
    name="inspections",
    key=Inspection.id,
    default_sort="-inspection",
    empty="page.inspections.empty",
    prepare=inspection_rows,
    filters=[choice("state", Inspection.state, InspectionState)],
    columns=[
        *INSPECTED,
        Column("claim", lambda row: row.claim.id, link=lambda row: link_to("claim", row.claim.id)),
        Column("concluded_at", lambda row: row.inspection.concluded_at, kind="moment", sort=Inspection.concluded_at),
    ],
)


class VisitFormSchema(Schema):
    """What was seen; the items that are as they should be are ticked."""

    visited_on = DayField(required=True)
    met = fields.List(TextField(max_length=100), load_default=list)
    account = TextField(required=True, max_length=LONG)


@inspections.get("")
@allow(may_read_inspections)
def index() -> Any:
    """Inspections in sight, the latest first."""
    return table_page(INSPECTIONS, visible_inspections(current_actor()), title="page.inspections.title")


@inspections.get("/<int:inspection_id>")
@allow(may_read_inspections)
def one(inspection_id: int) -> str:
    """One inspection: who went, what was seen, what was found, what was stopped."""
    actor = current_actor()
    view = inspection_view(inspection_id, actor=actor)
    inspection, stops = view.inspection, stops_for(view.inspection)
    return render_template(
        "vouchers/inspection.html",
        view=view,
        inspection=inspection,
        row=inspection_rows([inspection])[0],
        items=checklist_items(),
        stops=stops,
        names=finding_words(view.findings),
        actions=list(inspection_actions(inspection, stops=stops, actor=actor)),
    )


@inspections.get("/<int:inspection_id>/evidence/<int:evidence_id>")
@allow(may_read_inspections)
def evidence(inspection_id: int, evidence_id: int) -> Response:
    """A file that inspectors brought along."""
    return attachment(find_evidence(inspection_id, evidence_id, actor=current_actor()).file)


@inspections.route("/<int:inspection_id>/assignment", methods=["GET", "POST"])
@allow(may_plan_inspections)
def assign(inspection_id: int) -> Response:
    """Who goes, and when."""
    inspection = find_inspection(inspection_id, actor=current_actor())
    officers = [
        (str(each.id), f"{each.username} · {each.organisation.name}") for each in officers_for(inspection.claim)
    ]
    form = Form(
        InspectionAssignmentSchema,
        name="inspection_assignment",
        options={"inspector_ids": officers},
        initial={"inspector_ids": [str(each) for each in inspection.inspector_ids], "visit_on": inspection.visit_on},
    )
    return _step(inspection, form, service.assign)


@inspections.route("/<int:inspection_id>/visit", methods=["GET", "POST"])
@allow(may_inspect)
def visit(inspection_id: int) -> Response:
    """What was seen on the day."""
    inspection = find_inspection(inspection_id, actor=current_actor())
    items = checklist_items()

    def act(*, met: list[str], **given: Any) -> object:
        answers = [ChecklistAnswer(item, item in met, "") for item in items]
        return service.record_visit(checklist=answers, **given)

    form = Form(VisitFormSchema, name="inspection_visit", options={"met": list(items.items())})
    return _step(inspection, form, act)


@inspections.route("/<int:inspection_id>/evidence", methods=["GET", "POST"])
@allow(may_inspect)
def add_evidence(inspection_id: int) -> Response:
    """A file that shows what was seen."""
    inspection = find_inspection(inspection_id, actor=current_actor())

    def act(*, file: Any, **given: Any) -> object:
        return service.add_evidence(upload=upload_of(file), **given)

    return _step(inspection, Form(EvidenceSchema, name="inspection_evidence"), act, confirms=False)


@inspections.route("/<int:inspection_id>/findings", methods=["GET", "POST"])
@allow(may_inspect)
def note_finding(inspection_id: int) -> Response:
    """What was found against a party."""
    inspection = find_inspection(inspection_id, actor=current_actor())
    options = {"organisation_id": party_options(inspection.claim)}
    return _step(inspection, Form(NewFindingSchema, name="finding_new", options=options), service.note_finding)


@inspections.route("/<int:inspection_id>/conclusion", methods=["GET", "POST"])
@allow(may_inspect)
def conclude(inspection_id: int) -> Response:
    """The visit is over: clean, or with findings that the parties are told."""
    inspection = find_inspection(inspection_id, actor=current_actor())
    return _step(inspection, Form(EmptySchema, name="inspection_conclusion"), service.conclude)


@inspections.route("/<int:inspection_id>/refusal", methods=["GET", "POST"])
@allow(may_inspect)
def meet_refusal(inspection_id: int) -> Response:
    """A party refused to cooperate."""
    inspection = find_inspection(inspection_id, actor=current_actor())
    options = {"organisation_id": party_options(inspection.claim)}
    form = Form(RefusalSchema, name="inspection_refusal", options=options, ends=True)
    return _step(inspection, form, service.meet_refusal)


@inspections.route("/<int:inspection_id>/closing", methods=["GET", "POST"])
@allow(may_plan_inspections)
def close(inspection_id: int) -> Response:
    """Every finding is decided."""
    inspection = find_inspection(inspection_id, actor=current_actor())
    return _step(inspection, Form(EmptySchema, name="inspection_closing"), service.close)


@inspections.route("/<int:inspection_id>/payment-stop", methods=["GET", "POST"])
@allow(may_stop_and_claw_back)
def stop_payments(inspection_id: int) -> Response:
    """What is to be paid for the claim is held back."""
    inspection = find_inspection(inspection_id, actor=current_actor())
    form = Form(InspectionStopSchema, name="inspection_stop", ends=True)
    return _step(inspection, form, service.stop_payments)


def _step(inspection: Inspection, form: Form, act: Callable[..., object], *, confirms: bool = True) -> Response:
    """A form about an inspection, and back to it."""
    here = link_to("inspection", inspection.id)

    def effect(given: dict[str, Any]) -> Done:
        act(inspection_id=inspection.id, **given, actor=current_actor(), now=clock.now())
        return Done(here, f"page.{form.name}.done")

    row = inspection_rows([inspection])[0]
    facts = [
        ("column.claim", row.claim.id),
        ("column.beneficiary", row.beneficiary),
        ("column.provider", row.provider),
    ]
    return form_page(form, effect=effect, back=here, confirms=confirms, facts=facts)
