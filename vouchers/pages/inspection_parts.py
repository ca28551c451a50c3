"""Parts of the pages of supervision: rows of tables, and what may be done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from accounts.queries.names import organisation_names
from core import clock, policy
from core.pages import Column, link_to
from core.pages.forms import Options
from core.pages.language import say, t
from core.permissions import Actor
from settlement.models import PaymentStop
from settlement.states import StopState
from vouchers.models import Claim, Finding, Inspection
from vouchers.permissions import (
    may_confirm,
    may_decide_findings,
    may_decide_misconduct,
    may_inspect,
    may_plan_inspections,
    may_stop_and_claw_back,
)
from vouchers.queries.inspections import FindingView, parties_of
from vouchers.rules.supervision import FindingSeverity
from vouchers.rules.supervision_policy import supervision_policy
from vouchers.service.findings import may_answer
from vouchers.states import ClaimState, FindingState, InspectionState

Action = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """An inspection as tables show it."""

    inspection: Inspection
    claim: Claim
    beneficiary: str
    provider: str


def inspection_rows(found: Sequence[Inspection]) -> list[Row]:
    """Inspections with the names of the parties: one query a page."""
    claims = [each.claim for each in found]
    names = organisation_names({party for claim in claims for party in (claim.beneficiary_id, claim.provider_id)})
    return [
        Row(each, claim, names[claim.beneficiary_id], names[claim.provider_id])
        for each, claim in zip(found, claims, strict=True)
    ]


INSPECTED = (
    Column(
        "inspection",
        lambda row: row.inspection.id,
        sort=Inspection.id,
        link=lambda row: link_to("inspection", row.inspection.id),
    ),
    Column("beneficiary", lambda row: row.beneficiary),
    Column("provider", lambda row: row.provider),
    Column("visit_on", lambda row: row.inspection.visit_on, kind="day", sort=Inspection.visit_on),
    Column("state", lambda row: row.inspection.state, kind="state", sort=Inspection.state),
)
"""What every table of inspections shows."""


def checklist_items() -> dict[str, str]:
    """The policy's checklist in the reader's language, by code."""
    items = supervision_policy(policy.current(), clock.today(clock.now())).checklist
    return {code: say(words) for code, words in items.items()}


def party_options(claim: Claim) -> Options:
    """The organisations that something may be found against."""
    names = organisation_names(parties_of(claim))
    return [(str(number), names[number]) for number in parties_of(claim)]


@dataclass(frozen=True, slots=True)
class Place:
    """The record whose page the buttons stand on: its pages, and what its number is called there."""

    pages: str
    variable: str
    number: int

    def to(self, form: str, view: str, *, primary: bool = False, danger: bool = False) -> Action:
        """A button that leads to a form about the record."""
        numbers: dict[str, Any] = {self.variable: self.number}
        href = url_for(f"{self.pages}.{view}", **numbers)
        return {"label": t(f"page.{form}.title"), "href": href, "primary": primary, "danger": danger}


def inspection_actions(inspection: Inspection, *, stops: Sequence[PaymentStop], actor: Actor) -> Iterator[Action]:
    """Buttons of what this actor may do in this state."""
    state, here = inspection.state, Place("inspection_pages", "inspection_id", inspection.id)
    if may_plan_inspections(actor) and state is InspectionState.PLANNED:
        yield here.to("inspection_assignment", "assign", primary=not inspection.inspectors)
    if may_inspect(actor) and actor.user_id in inspection.inspector_ids:
        if state is InspectionState.PLANNED:
            yield here.to("inspection_visit", "visit", primary=True)
        if state is InspectionState.VISITED:
            yield here.to("finding_new", "note_finding")
            yield here.to("inspection_conclusion", "conclude", primary=True)
        if state is not InspectionState.CLOSED:
            yield here.to("inspection_evidence", "add_evidence")
        if state in (InspectionState.PLANNED, InspectionState.VISITED):
            yield here.to("inspection_refusal", "meet_refusal", danger=True)
    concluded = inspection.concluded_at is not None
    if may_plan_inspections(actor) and concluded and state is not InspectionState.CLOSED:
        yield here.to("inspection_closing", "close")
    stands = any(each.state is StopState.STANDING for each in stops)
    if may_stop_and_claw_back(actor) and inspection.claim.state is ClaimState.CONFIRMED:
        if not stands:
            yield here.to("inspection_stop", "stop_payments", danger=True)
        if may_confirm(actor) and concluded:
            revoke = url_for("confirmation_pages.revoke", claim_id=inspection.claim_id)
            yield {"label": t("page.revocation.title"), "href": revoke, "danger": True}


def finding_actions(view: FindingView, *, actor: Actor, now: datetime) -> Iterator[Action]:
    """Buttons of what this actor may do about a finding today."""
    finding, here = view.finding, Place("finding_pages", "finding_id", view.finding.id)
    if may_answer(finding, actor=actor, now=now):
        yield here.to("finding_answer", "answer", primary=True)
    undecided = finding.state in (FindingState.NOTIFIED, FindingState.ANSWERED)
    if undecided and may_decide_findings(actor) and actor.user_id not in finding.inspection.inspector_ids:
        yield here.to("finding_decision", "decide", primary=True)
    if finding.state is FindingState.UPHELD and may_stop_and_claw_back(actor):
        yield here.to("finding_clawback", "claw_back", danger=True)
    grave = finding.state is FindingState.UPHELD and finding.severity is not FindingSeverity.MINOR
    if grave and view.decision_id is None and may_decide_misconduct(actor):
        yield {
            "label": t("page.misconduct_new.title"),
            "href": url_for("misconduct_pages.new", finding=finding.id),
            "danger": True,
        }


def finding_words(findings: Sequence[Finding]) -> dict[int, str]:
    """The names of the parties that findings are against."""
    return organisation_names(each.organisation_id for each in findings)
