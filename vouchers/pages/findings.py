"""Findings: what the inspected party reads and answers, and what the province decides (V19, V21)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template

from core import clock
from core.http import allow, current_actor
from core.http.attachment import attachment
from core.pages import Column, Done, Form, NavEntry, Pages, Table, form_page, link_to, table_page, term
from core.pages.language import t, yuan
from core.pages.tables import choice
from settlement.queries.payables import payables_of_order
from vouchers.models import Finding
from vouchers.pages.inspection_parts import finding_actions, finding_words
from vouchers.permissions import (
    may_answer_findings,
    may_decide_findings,
    may_read_inspections,
    may_stop_and_claw_back,
)
from vouchers.queries.inspections import find_answer_file, find_finding, views_of, visible_findings
from vouchers.schemas.findings import FindingAnswerSchema, FindingClawbackSchema, FindingDecisionSchema
from vouchers.schemas.uploads import upload_or_none
from vouchers.service import findings as service
from vouchers.states import FindingState

findings = Pages(
    "finding_pages",
    __name__,
    url_prefix="/findings",
    navigation=(NavEntry("findings", "finding_pages.index", "oversight", may_read_inspections, order=34),),
    links={"finding": ("finding_pages.one", "finding_id")},
)


@dataclass(frozen=True, slots=True)
class Row:
    """A finding as the table shows it."""

    finding: Finding
    organisation: str


def _rows(found: Sequence[Finding]) -> list[Row]:
    names = finding_words(found)
    return [Row(each, names[each.organisation_id]) for each in found]


FINDINGS = Table(
    name="findings",
    key=Finding.id,
    default_sort="-finding",
    empty="page.findings.empty",
    prepare=_rows,
    filters=[choice("state", Finding.state, FindingState)],
    columns=[
        Column(
            "finding", lambda row: row.finding.id, sort=Finding.id, link=lambda row: link_to("finding", row.finding.id)
        ),
        Column("organisation", lambda row: row.organisation),
        Column("severity", lambda row: row.finding.severity, kind="term", sort=Finding.severity),
        Column("article", lambda row: row.finding.article),
        Column("state", lambda row: row.finding.state, kind="state", sort=Finding.state),
        Column("answer_by", lambda row: row.finding.answer_by, kind="day", sort=Finding.answer_by),
    ],
)


@findings.get("")
@allow(may_read_inspections)
def index() -> Any:
    """Findings in sight, the latest first."""
    return table_page(FINDINGS, visible_findings(current_actor()), title="page.findings.title")


@findings.get("/<int:finding_id>")
@allow(may_read_inspections)
def one(finding_id: int) -> str:
    """One finding: what was found, what the party said, what was decided, what must come back."""
    actor = current_actor()
    (view,) = views_of([find_finding(finding_id, actor=actor)])
    return render_template(
        "vouchers/finding.html",
        view=view,
        finding=view.finding,
        organisation=_rows([view.finding])[0].organisation,
        actions=list(finding_actions(view, actor=actor, now=clock.now())),
    )


@findings.get("/<int:finding_id>/answer-file")
@allow(may_read_inspections)
def answer_file(finding_id: int) -> Response:
    """The file that came with the answer."""
    return attachment(find_answer_file(finding_id, actor=current_actor()))


@findings.route("/<int:finding_id>/answer", methods=["GET", "POST"])
@allow(may_answer_findings)
def answer(finding_id: int) -> Response:
    """What the party has to say."""

    def act(*, file: Any, **given: Any) -> object:
        return service.answer(upload=upload_or_none(file), **given)

    return _step(finding_id, Form(FindingAnswerSchema, name="finding_answer"), act)


@findings.route("/<int:finding_id>/decision", methods=["GET", "POST"])
@allow(may_decide_findings)
def decide(finding_id: int) -> Response:
    """Uphold it or dismiss it."""
    form = Form(FindingDecisionSchema, name="finding_decision", widgets={"decision": "radio"})
    return _step(finding_id, form, service.decide)


@findings.route("/<int:finding_id>/clawback", methods=["GET", "POST"])
@allow(may_stop_and_claw_back)
def claw_back(finding_id: int) -> Response:
    """What was paid must come back."""
    order_id = find_finding(finding_id, actor=current_actor()).inspection.claim.order_id
    paid = [each for each in payables_of_order(order_id) if each.paid_fen > 0]
    payouts = [(str(each.id), f"{each.queue_no} · {yuan(each.paid_fen - each.clawed_back_fen)}") for each in paid]
    form = Form(FindingClawbackSchema, name="finding_clawback", options={"payable_id": payouts}, ends=True)
    return _step(finding_id, form, service.claw_back)


def _step(finding_id: int, form: Form, act: Callable[..., object]) -> Response:
    """A form about a finding, and back to it."""
    finding = find_finding(finding_id, actor=current_actor())
    here = link_to("finding", finding.id)

    def effect(given: dict[str, Any]) -> Done:
        act(finding_id=finding.id, **given, actor=current_actor(), now=clock.now())
        return Done(here, f"page.{form.name}.done")

    facts = [
        ("column.organisation", _rows([finding])[0].organisation),
        ("column.severity", term(finding.severity)),
        ("page.finding.statement", finding.statement),
        ("page.finding.answer", finding.answer or t("page.finding.unanswered")),
    ]
    return form_page(form, effect=effect, back=here, confirms=True, facts=facts)
