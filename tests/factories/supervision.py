"""Drawn claims, inspections, findings and misconduct, made through the services themselves."""

from __future__ import annotations

from datetime import date
from typing import Any

from accounts.permissions import Role
from core import clock, policy
from core.db import session
from core.invariants import verify
from core.permissions import Actor
from settlement.queries.invariants import INVARIANTS as MONEY
from tests.factories.accounts import actor_of, make_province, make_user
from vouchers.models import Claim, Finding, Inspection, MisconductDecision, SpotCheck
from vouchers.queries.inspections import visible_inspections
from vouchers.queries.invariants import INVARIANTS
from vouchers.rules.supervision import FindingSeverity, MisconductKind, Seriousness
from vouchers.rules.supervision_policy import supervision_policy
from vouchers.service import findings, inspections, misconduct, spot_checks
from vouchers.service.findings import FindingDecision
from vouchers.service.inspections import ChecklistAnswer
from vouchers.service.spot_checks import FrameCriteria


def officer() -> Actor:
    """A further officer of the province, who has had no part in anything."""
    return make_user(Role.PROVINCE, make_province()).as_actor()


def today() -> date:
    """The day it is."""
    return clock.today(clock.now())


def sound() -> None:
    """Nothing of claims, supervision and money is other than it must always be."""
    session().rollback()
    assert verify([*INVARIANTS, *MONEY]) == []


def draw(*, size: int = 100, seed: str | None = "种子", by_strata: bool = False, **narrowed: Any) -> SpotCheck:
    """A draw from what was confirmed today."""
    return spot_checks.draw_spot_check(
        criteria=FrameCriteria(confirmed_from=today(), confirmed_to=today(), **narrowed),
        size=size,
        by_strata=by_strata,
        seed=seed,
        why="季度抽查",
        actor=actor_of(make_province()),
        now=clock.now(),
    )


def inspection_of(claim: Claim) -> Inspection:
    """The inspection of a confirmed claim, drawn for it if there is none."""
    province = actor_of(make_province())
    known = session().scalar(visible_inspections(province, claim_id=claim.id))
    if known is None:
        draw()
        known = session().scalar(visible_inspections(province, claim_id=claim.id))
    assert known is not None
    return known


def assign(inspection: Inspection, *inspectors: Actor) -> Inspection:
    """Send officers today."""
    return inspections.assign(
        inspection_id=inspection.id,
        inspector_ids=[each.user_id or 0 for each in inspectors],
        visit_on=clock.today(clock.now()),
        actor=actor_of(make_province()),
        now=clock.now(),
    )


def visit(inspection: Inspection, inspector: Actor) -> Inspection:
    """A visit on which everything but the invoice is as it should be."""
    items = supervision_policy(policy.current(), clock.today(clock.now())).checklist
    return inspections.record_visit(
        inspection_id=inspection.id,
        visited_on=clock.today(clock.now()),
        account="现场核查记录",
        checklist=[ChecklistAnswer(item, item != "invoice_genuine", "") for item in items],
        actor=inspector,
        now=clock.now(),
    )


def note(
    inspection: Inspection,
    inspector: Actor,
    *,
    against: int | None = None,
    severity: FindingSeverity = FindingSeverity.FRAUD,
) -> Finding:
    """A finding against the user unless told otherwise."""
    return inspections.note_finding(
        inspection_id=inspection.id,
        organisation_id=against or inspection.claim.beneficiary_id,
        severity=severity,
        article="V11",
        statement="发票与实际服务不符",
        actor=inspector,
        now=clock.now(),
    )


def told_finding(claim: Claim, *, against: int | None = None) -> Finding:
    """A finding of fraud that its party was told of."""
    inspection, (one, other) = inspection_of(claim), (officer(), officer())
    assign(inspection, one, other)
    visit(inspection, one)
    finding = note(inspection, one, against=against)
    inspections.conclude(inspection_id=inspection.id, actor=one, now=clock.now())
    return finding


def upheld_finding(claim: Claim, *, against: int | None = None) -> Finding:
    """A finding of fraud that was answered and upheld."""
    finding = told_finding(claim, against=against)
    findings.answer(
        finding_id=finding.id, text="不认可", upload=None, actor=actor_of(finding.organisation), now=clock.now()
    )
    return findings.decide(
        finding_id=finding.id,
        decision=FindingDecision.UPHOLD,
        opinion="证据确凿",
        actor=actor_of(make_province()),
        now=clock.now(),
    )


def serious_misconduct(organisation_id: int, *, until: date, occurred_on: date | None = None) -> MisconductDecision:
    """A serious decision of the province, without a finding."""
    return misconduct.decide_misconduct(
        organisation_id=organisation_id,
        finding_id=None,
        kind=MisconductKind.FRAUD,
        seriousness=Seriousness.SERIOUS,
        occurred_on=occurred_on or clock.today(clock.now()),
        sanction_until=until,
        notice="公示",
        grounds="伪造材料",
        actor=actor_of(make_province()),
        now=clock.now(),
    )
