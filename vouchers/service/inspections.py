"""Inspecting drawn claims: who is sent, what is seen, what is found (V19)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from core import audit, clock, policy
from core.db import require_transaction, transaction
from core.errors import Conflict, Forbidden, Reason, Refused, reason, refuse_all
from core.files import store_file
from core.permissions import Actor, authorise
from core.states import allowed_target, apply
from core.workdays import load_calendar
from settlement.models import PaymentStop
from settlement.queries.payables import find_payable, payables_of_order
from settlement.states import PayableState
from settlement.steps import stop_payable
from settlement.steps.queue import join_queue
from vouchers.models import Finding, Inspection, InspectionEvidence, Inspector
from vouchers.permissions import may_inspect, may_plan_inspections, may_stop_and_claw_back
from vouchers.queries.claims import find_claim
from vouchers.queries.conflicts import conflicts
from vouchers.queries.inspections import DECIDED, find_inspection, involved_in, is_officer_for, parties_of, users_by_id
from vouchers.rules.supervision import (
    SPOT_CHECK,
    FindingSeverity,
    Officer,
    checklist_faults,
    inspector_faults,
)
from vouchers.rules.supervision_policy import SupervisionPolicy, supervision_policy
from vouchers.service.claims import Upload
from vouchers.states import FINDING, INSPECTION, FindingAction, FindingState, InspectionAction, InspectionState

NO_MORE_STOPS = (PayableState.PAID, PayableState.CANCELLED)


class InspectionRefused(Refused):
    """What was stated of the inspection has faults; all of them are named."""

    code = "inspection_refused"


class NotAnInspector(Forbidden):
    """Only those that were assigned to the inspection act on it."""

    code = "not_an_inspector"


class FindingsUndecided(Conflict):
    """A finding of the inspection is not decided yet."""

    code = "findings_undecided"
    article = "V19"


class NothingToStop(Conflict):
    """Nothing of this claim waits to be paid."""

    code = "nothing_to_stop"
    article = "V19"


@dataclass(frozen=True)
class ChecklistAnswer:
    """What inspectors say of one item of the checklist."""

    item: str
    met: bool
    remark: str


def assign(
    *, inspection_id: int, inspector_ids: Sequence[int], visit_on: date, actor: Actor, now: datetime
) -> Inspection:
    """Say who goes and when. At least as many officers as the policy asks for, none of whom had a part in the claim.

    Raises :class:`InspectionRefused`, every fault named.
    """
    with transaction() as current:
        inspection = find_inspection(inspection_id, actor=actor, lock=True)
        authorise(actor, may_plan_inspections)
        allowed_target(inspection.state, InspectionAction.ASSIGN, transitions=INSPECTION)
        faults = inspector_faults(_officers(inspection, inspector_ids, now=now), at_least=_policy(now).inspectors_min)
        if visit_on < clock.today(now):
            faults.append(reason("visit_past", article=SPOT_CHECK, field="visit_on"))
        refuse_all(faults, error=InspectionRefused)
        inspection.inspectors.clear()
        current.flush()
        inspection.inspectors = [
            Inspector(user_id=user_id, assigned_by=actor.user_id, assigned_at=now)
            for user_id in sorted(set(inspector_ids))
        ]
        inspection.visit_on, inspection.assigned_by, inspection.assigned_at = visit_on, actor.user_id, now
        data = {"inspector_ids": sorted(set(inspector_ids)), "visit_on": visit_on.isoformat()}
        apply(inspection, InspectionAction.ASSIGN, transitions=INSPECTION, actor=actor, now=now, data=data)
        return inspection


def record_visit(
    *,
    inspection_id: int,
    visited_on: date,
    account: str,
    checklist: Sequence[ChecklistAnswer],
    actor: Actor,
    now: datetime,
) -> Inspection:
    """Say what was seen on the day of the visit, item by item of the policy's checklist."""
    with transaction():
        inspection = _as_inspector(inspection_id, actor)
        allowed_target(inspection.state, InspectionAction.VISIT, transitions=INSPECTION)
        faults = checklist_faults([each.item for each in checklist], items=_policy(now).checklist)
        if visited_on > clock.today(now):
            faults.append(reason("visit_ahead", article=SPOT_CHECK, field="visited_on"))
        refuse_all(faults, error=InspectionRefused)
        inspection.visited_on, inspection.account, inspection.visited_by = visited_on, account, actor.user_id
        inspection.checklist = [{"item": each.item, "met": each.met, "remark": each.remark} for each in checklist]
        data = {"visited_on": visited_on.isoformat()}
        apply(inspection, InspectionAction.VISIT, transitions=INSPECTION, actor=actor, now=now, data=data)
        return inspection


def add_evidence(*, inspection_id: int, upload: Upload, title: str, actor: Actor, now: datetime) -> InspectionEvidence:
    """Add a file that was brought along, until the inspection is closed."""
    with transaction() as current:
        inspection = _as_inspector(inspection_id, actor)
        if inspection.state is InspectionState.CLOSED:
            allowed_target(inspection.state, InspectionAction.VISIT, transitions=INSPECTION)
        stored = store_file(upload.stream, filename=upload.filename, owner_id=actor.organisation_id, now=now)
        evidence = InspectionEvidence(
            inspection_id=inspection.id, file=stored, title=title, added_by=actor.user_id, added_at=now
        )
        current.add(evidence)
        current.flush()
        data = {"evidence_id": evidence.id, "sha256": stored.sha256, "title": title}
        audit.record(actor=actor, now=now, action="add_evidence", subject=inspection, data=data)
        return evidence


def note_finding(
    *,
    inspection_id: int,
    organisation_id: int,
    severity: FindingSeverity,
    article: str,
    statement: str,
    actor: Actor,
    now: datetime,
) -> Finding:
    """Note what was found against a party of the claim; the party is told when the inspection is concluded."""
    with transaction():
        inspection = _as_inspector(inspection_id, actor)
        allowed_target(inspection.state, InspectionAction.FIND_FAULTY, transitions=INSPECTION)
        faults = _party_faults(inspection, organisation_id)
        if severity is FindingSeverity.REFUSAL:
            faults.append(reason("refusal_by_itself", article=SPOT_CHECK, field="severity"))
        refuse_all(faults, error=InspectionRefused)
        return _note(inspection, organisation_id, severity, article, statement, actor=actor, now=now)


def conclude(*, inspection_id: int, actor: Actor, now: datetime) -> Inspection:
    """Conclude a visit: clean where nothing was noted, else faulty; each party is told what was found against it."""
    with transaction():
        inspection = _as_inspector(inspection_id, actor)
        action = InspectionAction.FIND_FAULTY if inspection.findings else InspectionAction.FIND_CLEAN
        _conclude(inspection, action, actor=actor, now=now)
        return inspection


def meet_refusal(
    *, inspection_id: int, organisation_id: int, statement: str, actor: Actor, now: datetime
) -> Inspection:
    """Conclude that a party refused to cooperate; that is a finding by itself (V19)."""
    with transaction():
        inspection = _as_inspector(inspection_id, actor)
        allowed_target(inspection.state, InspectionAction.MEET_REFUSAL, transitions=INSPECTION)
        refuse_all(_party_faults(inspection, organisation_id), error=InspectionRefused)
        _note(inspection, organisation_id, FindingSeverity.REFUSAL, SPOT_CHECK, statement, actor=actor, now=now)
        _conclude(inspection, InspectionAction.MEET_REFUSAL, actor=actor, now=now)
        return inspection


def close(*, inspection_id: int, actor: Actor, now: datetime) -> Inspection:
    """Close a concluded inspection once every finding is decided. Raises :class:`FindingsUndecided`."""
    with transaction():
        inspection = find_inspection(inspection_id, actor=actor, lock=True)
        authorise(actor, may_plan_inspections)
        allowed_target(inspection.state, InspectionAction.CLOSE, transitions=INSPECTION)
        undecided = [each.id for each in inspection.findings if each.state not in DECIDED]
        if undecided:
            raise FindingsUndecided(count=len(undecided))
        inspection.closed_by, inspection.closed_at = actor.user_id, now
        apply(inspection, InspectionAction.CLOSE, transitions=INSPECTION, actor=actor, now=now)
        return inspection


def stop_payments(*, inspection_id: int, cause: str, actor: Actor, now: datetime) -> list[PaymentStop]:
    """Hold everything that is to be paid for the inspected claim out of the batches (V19).

    Raises :class:`NothingToStop`, and settlement's ``PaymentStopped`` and ``PayableInBatch``.
    """
    with transaction():
        inspection = find_inspection(inspection_id, actor=actor, lock=True)
        authorise(actor, may_stop_and_claw_back)
        claim = find_claim(inspection.claim_id, actor=actor, lock=True)
        join_queue()
        waiting = [each for each in payables_of_order(claim.order_id) if each.state not in NO_MORE_STOPS]
        if not waiting:
            raise NothingToStop(claim=claim.id)
        locked = [find_payable(each.id, actor=actor, lock=True) for each in waiting]
        return [
            stop_payable(each, cause=cause, occasion=inspection.source, actor=actor, now=now)
            for each in locked
            if each.state not in NO_MORE_STOPS
        ]


def _as_inspector(inspection_id: int, actor: Actor) -> Inspection:
    inspection = find_inspection(inspection_id, actor=actor, lock=True)
    authorise(actor, may_inspect)
    if actor.user_id not in inspection.inspector_ids:
        raise NotAnInspector(reasons=[reason("not_an_inspector", article=SPOT_CHECK)])
    return inspection


def _policy(now: datetime) -> SupervisionPolicy:
    return supervision_policy(policy.current(), clock.today(now))


def _officers(inspection: Inspection, ids: Sequence[int], *, now: datetime) -> list[Officer]:
    claim, known, today = inspection.claim, users_by_id(ids), clock.today(now)
    involved = involved_in(claim)
    return [
        Officer(
            user_id=user_id,
            name=known[user_id].username if user_id in known else str(user_id),
            is_officer=user_id in known and is_officer_for(known[user_id], claim),
            is_involved=user_id in involved,
            has_interest=bool(conflicts(user_id, [claim], on=today).get(claim.id)),
        )
        for user_id in sorted(set(ids))
    ]


def _party_faults(inspection: Inspection, organisation_id: int) -> list[Reason]:
    if organisation_id in parties_of(inspection.claim):
        return []
    return [reason("finding_against_stranger", article=SPOT_CHECK, field="organisation_id")]


def _note(
    inspection: Inspection,
    organisation_id: int,
    severity: FindingSeverity,
    article: str,
    statement: str,
    *,
    actor: Actor,
    now: datetime,
) -> Finding:
    finding = Finding(
        inspection=inspection,
        organisation_id=organisation_id,
        severity=severity,
        article=article,
        statement=statement,
        state=FINDING.initial,
        found_by=actor.user_id,
        found_at=now,
    )
    current = require_transaction()
    current.add(finding)
    current.flush()
    data = {"inspection_id": inspection.id, "organisation_id": organisation_id, "severity": severity.value}
    audit.record(actor=actor, now=now, action="note", subject=finding, to_state=finding.state, data=data)
    return finding


def _conclude(inspection: Inspection, action: InspectionAction, *, actor: Actor, now: datetime) -> None:
    apply(inspection, action, transitions=INSPECTION, actor=actor, now=now, data={"findings": len(inspection.findings)})
    inspection.concluded_by, inspection.concluded_at = actor.user_id, now
    answer_by = load_calendar().add_working_days(clock.today(now), _policy(now).finding_answer_working_days)
    for finding in inspection.findings:
        if finding.state is FindingState.NOTED:
            finding.notified_at, finding.answer_by = now, answer_by
            data = {"organisation_id": finding.organisation_id, "answer_by": answer_by.isoformat()}
            apply(finding, FindingAction.NOTIFY, transitions=FINDING, actor=actor, now=now, data=data)
