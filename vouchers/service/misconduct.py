"""Misconduct: the province's decision with its sanction, and the appeal against it (V19, V21).

A serious decision puts an adverse record on file, which blocks under V8(2) while it counts. What an appeal changes is
corrected and never deleted: the record is annulled, and another takes its place where the sanction goes on.
"""

from __future__ import annotations

from datetime import date, datetime

from accounts.kinds import AdverseKind
from accounts.models import AdverseRecord
from accounts.permissions import may_enter_standing
from accounts.queries import acts_for, find_organisation
from accounts.queries.organisations import organisation
from accounts.queries.standing import find_adverse_record
from accounts.steps import add_adverse_record, annul_adverse_record
from accounts.steps.standing import require_another
from core import audit, clock, policy
from core.db import require_transaction, transaction
from core.errors import Conflict, Forbidden, Refused, reason, refuse_all
from core.files import store_file
from core.permissions import Actor, authorise
from core.states import allowed_target, apply
from core.workdays import load_calendar
from vouchers.models import Appeal, AppealFile, Finding, MisconductDecision
from vouchers.permissions import may_appeal, may_decide_appeals, may_decide_misconduct
from vouchers.queries.inspections import decision_on, find_finding
from vouchers.queries.misconduct import find_appeal, find_misconduct, of_decision
from vouchers.rules.supervision import (
    MISCONDUCT as ARTICLE,
)
from vouchers.rules.supervision import (
    AppealDecision,
    FindingSeverity,
    MisconductKind,
    Seriousness,
    reduction_faults,
    sanction_faults,
)
from vouchers.rules.supervision_policy import supervision_policy
from vouchers.service.claims import Upload
from vouchers.service.findings import is_over, require_upheld
from vouchers.states import APPEAL, MISCONDUCT, AppealAction, MisconductAction, MisconductState

PROVINCE_SOURCE = "province"


class MisconductRefused(Refused):
    """The decision has faults; all of them are named."""

    code = "misconduct_refused"


class MisconductDecided(Conflict):
    """Misconduct was decided on this finding already."""

    code = "misconduct_decided"
    article = "V21"


class AppealLate(Conflict):
    """The last day to appeal is over."""

    code = "appeal_late"
    article = "V21"


class AppealFiled(Conflict):
    """There is an appeal against this decision already."""

    code = "appeal_filed"
    article = "V21"


class AppealRefused(Refused):
    """The appeal cannot be decided like this; every fault is named."""

    code = "appeal_refused"


class RecordOfDecision(Conflict):
    """The record rests on a decision of misconduct; an appeal changes it."""

    code = "record_of_decision"


class SameDecider(Forbidden):
    """Who decided first, or inspected, decides nothing about the appeal."""

    code = "same_decider"


def decide_misconduct(
    *,
    organisation_id: int | None,
    finding_id: int | None,
    kind: MisconductKind,
    seriousness: Seriousness,
    occurred_on: date,
    sanction_until: date | None,
    notice: str,
    grounds: str,
    actor: Actor,
    now: datetime,
) -> MisconductDecision:
    """Decide that a user, provider or incubator misbehaved: on an upheld finding, or on grounds known otherwise.

    A serious one has a sanction, at most as long as the policy says, and goes on record. Raises
    :class:`MisconductRefused`, :class:`MisconductDecided` and ``FindingNotUpheld``.
    """
    with transaction() as current:
        authorise(actor, may_decide_misconduct)
        finding = None if finding_id is None else find_finding(finding_id, actor=actor, lock=True)
        if finding is not None and decision_on(finding.id) is not None:
            raise MisconductDecided
        today = clock.today(now)
        figures = supervision_policy(policy.current(), today)
        faults = sanction_faults(
            seriousness=seriousness,
            occurred_on=occurred_on,
            sanction_until=sanction_until,
            today=today,
            last_day=figures.last_sanction_day(today),
        )
        accused = _accused(finding, organisation_id, actor)
        if accused is None:
            faults.append(reason("accused_unclear", article=ARTICLE, field="organisation_id"))
        refuse_all(faults, error=MisconductRefused)
        decision = MisconductDecision(
            organisation_id=accused,
            finding_id=finding_id,
            kind=kind,
            seriousness=seriousness,
            occurred_on=occurred_on,
            sanction_until=sanction_until,
            notice=notice,
            grounds=grounds,
            state=MISCONDUCT.initial,
            appeal_by=load_calendar().add_working_days(today, figures.appeal_working_days),
            decided_by=actor.user_id,
            decided_at=now,
        )
        if seriousness is Seriousness.SERIOUS:
            _put_on_record(decision, corrects_id=None, actor=actor, now=now)
        current.add(decision)
        current.flush()
        data = {
            "organisation_id": decision.organisation_id,
            "kind": kind.value,
            "seriousness": seriousness.value,
            "sanction_until": None if sanction_until is None else sanction_until.isoformat(),
            "appeal_by": decision.appeal_by.isoformat(),
        }
        audit.record(actor=actor, now=now, action="decide", subject=decision, to_state=decision.state, data=data)
        return decision


def file_appeal(*, decision_id: int, grounds: str, upload: Upload | None, actor: Actor, now: datetime) -> Appeal:
    """The sanctioned party appeals, until the last day of its term; the sanction goes on unless it is suspended.

    Raises :class:`AppealLate` and :class:`AppealFiled`.
    """
    with transaction() as current:
        decision = find_misconduct(decision_id, actor=actor, lock=True)
        authorise(actor, may_appeal)
        if decision.organisation_id not in acts_for(actor):
            raise Forbidden
        if decision.appeal is not None:
            raise AppealFiled
        if is_over(decision.appeal_by, now=now):
            raise AppealLate(day=decision.appeal_by)
        appeal = Appeal(decision=decision, grounds=grounds, state=APPEAL.initial, filed_by=actor.user_id, filed_at=now)
        current.add(appeal)
        current.flush()
        data = {"decision_id": decision.id, "organisation_id": decision.organisation_id}
        audit.record(actor=actor, now=now, action="file", subject=appeal, to_state=appeal.state, data=data)
        if upload is not None:
            _add_file(appeal, upload, actor=actor, now=now)
        return appeal


def add_appeal_file(*, appeal_id: int, upload: Upload, actor: Actor, now: datetime) -> AppealFile:
    """The party adds a file while its appeal is pending."""
    with transaction():
        appeal = find_appeal(appeal_id, actor=actor)
        authorise(actor, may_appeal)
        find_misconduct(appeal.decision_id, actor=actor, lock=True)
        allowed_target(appeal.state, AppealAction.DISMISS, transitions=APPEAL)
        return _add_file(appeal, upload, actor=actor, now=now)


def suspend_sanction(*, appeal_id: int, note: str, actor: Actor, now: datetime) -> Appeal:
    """Have a sanction rest until the appeal is decided: its record counts for nothing in the meantime.

    Raises :class:`SameDecider`, :class:`AppealRefused` and :class:`core.states.StateForbids`.
    """
    with transaction():
        appeal, decision = _to_decide(appeal_id, actor)
        allowed_target(appeal.state, AppealAction.DISMISS, transitions=APPEAL)
        if decision.record_id is None:
            raise AppealRefused(reasons=[reason("reduction_of_nothing", article=ARTICLE)])
        data = {"organisation_id": decision.organisation_id}
        apply(decision, MisconductAction.SUSPEND, transitions=MISCONDUCT, actor=actor, now=now, note=note, data=data)
        annul_adverse_record(decision.record_id, why=note, actor=actor, now=now)
        appeal.suspended_by, appeal.suspended_at, appeal.suspension_note = actor.user_id, now, note
        return appeal


def decide_appeal(
    *,
    appeal_id: int,
    decision: AppealDecision,
    sanction_until: date | None,
    opinion: str,
    actor: Actor,
    now: datetime,
) -> Appeal:
    """Dismiss an appeal, shorten the sanction, or annul the decision, as another person than who decided first.

    Raises :class:`SameDecider` and :class:`AppealRefused`.
    """
    with transaction():
        appeal, misconduct = _to_decide(appeal_id, actor)
        faults = reduction_faults(
            decision=decision,
            sanction_until=sanction_until,
            stands_until=misconduct.sanction_until,
            today=clock.today(now),
        )
        allowed_target(appeal.state, _OF_APPEAL[decision], transitions=APPEAL)
        refuse_all(faults, error=AppealRefused)
        appeal.opinion, appeal.sanction_until = opinion, sanction_until
        appeal.decided_by, appeal.decided_at = actor.user_id, now
        data = {
            "decision_id": misconduct.id,
            "organisation_id": misconduct.organisation_id,
            "sanction_until": None if sanction_until is None else sanction_until.isoformat(),
        }
        apply(appeal, _OF_APPEAL[decision], transitions=APPEAL, actor=actor, now=now, note=opinion, data=data)
        match decision:
            case AppealDecision.DISMISS:
                _resume(misconduct, actor=actor, now=now)
            case AppealDecision.REDUCE:
                _reduce(misconduct, sanction_until, why=opinion, actor=actor, now=now)
            case AppealDecision.ANNUL:
                _annul(misconduct, why=opinion, actor=actor, now=now)
        return appeal


_OF_APPEAL = {
    AppealDecision.DISMISS: AppealAction.DISMISS,
    AppealDecision.REDUCE: AppealAction.REDUCE,
    AppealDecision.ANNUL: AppealAction.ANNUL,
}


def annul_record(*, record_id: int, why: str, actor: Actor, now: datetime) -> AdverseRecord:
    """Have an adverse record entered by mistake count for nothing, as another person than who entered it.

    Raises ``AnnulledByAnother``, ``RecordAnnulled`` and :class:`RecordOfDecision`.
    """
    with transaction():
        record = find_adverse_record(record_id, actor=actor, lock=True)
        authorise(actor, may_enter_standing, organisation(record.organisation_id))
        if of_decision(record.id):
            raise RecordOfDecision(reasons=[reason("record_of_decision", article=ARTICLE)])
        require_another(record, actor)
        return annul_adverse_record(record.id, why=why, actor=actor, now=now)


def may_appeal_now(decision: MisconductDecision, *, actor: Actor, now: datetime) -> bool:
    """Whether an actor may appeal against a decision today."""
    own = decision.organisation_id in acts_for(actor)
    return own and decision.appeal is None and not is_over(decision.appeal_by, now=now)


def _accused(finding: Finding | None, organisation_id: int | None, actor: Actor) -> int | None:
    """Whom the decision is about; None where that is not clear."""
    if finding is None:
        return None if organisation_id is None else find_organisation(organisation_id, actor=actor).id
    require_upheld(finding)
    if finding.severity is FindingSeverity.MINOR or organisation_id not in (None, finding.organisation_id):
        return None
    return finding.organisation_id


def _put_on_record(decision: MisconductDecision, *, corrects_id: int | None, actor: Actor, now: datetime) -> None:
    """The sanction as an adverse record of the kind that has a period."""
    record = add_adverse_record(
        organisation_id=decision.organisation_id,
        kind=AdverseKind.RESEARCH_MISCONDUCT,
        since=decision.occurred_on,
        until=decision.sanction_until,
        source=PROVINCE_SOURCE if decision.finding_id is None else f"finding:{decision.finding_id}",
        corrects_id=corrects_id,
        actor=actor,
        now=now,
    )
    decision.record_id = record.id


def _add_file(appeal: Appeal, upload: Upload, *, actor: Actor, now: datetime) -> AppealFile:
    stored = store_file(upload.stream, filename=upload.filename, owner_id=actor.organisation_id, now=now)
    added = AppealFile(appeal_id=appeal.id, file=stored, added_by=actor.user_id, added_at=now)
    current = require_transaction()
    current.add(added)
    current.flush()
    audit.record(
        actor=actor, now=now, action="add_document", subject=appeal, data={"file_id": added.id, "sha256": stored.sha256}
    )
    return added


def _to_decide(appeal_id: int, actor: Actor) -> tuple[Appeal, MisconductDecision]:
    """An appeal with its locked decision, for somebody who had no part in it before."""
    appeal = find_appeal(appeal_id, actor=actor)
    authorise(actor, may_decide_appeals)
    decision = find_misconduct(appeal.decision_id, actor=actor, lock=True)
    before = {decision.decided_by}
    if decision.finding is not None:
        before |= {decision.finding.decided_by or 0, *decision.finding.inspection.inspector_ids}
    if actor.user_id in before:
        raise SameDecider(reasons=[reason("same_decider", article=ARTICLE)])
    return appeal, decision


def _resume(decision: MisconductDecision, *, actor: Actor, now: datetime) -> None:
    """A dismissed appeal leaves the decision; a suspended sanction goes on under a new record."""
    if decision.state is MisconductState.SUSPENDED:
        apply(decision, MisconductAction.RESUME, transitions=MISCONDUCT, actor=actor, now=now)
        _put_on_record(decision, corrects_id=decision.record_id, actor=actor, now=now)


def _reduce(
    decision: MisconductDecision, sanction_until: date | None, *, why: str, actor: Actor, now: datetime
) -> None:
    before = decision.record_id
    if before is not None and decision.state is not MisconductState.SUSPENDED:
        annul_adverse_record(before, why=why, actor=actor, now=now)
    decision.sanction_until = sanction_until
    _put_on_record(decision, corrects_id=before, actor=actor, now=now)
    apply(decision, MisconductAction.REDUCE, transitions=MISCONDUCT, actor=actor, now=now, note=why)


def _annul(decision: MisconductDecision, *, why: str, actor: Actor, now: datetime) -> None:
    if decision.record_id is not None and decision.state is not MisconductState.SUSPENDED:
        annul_adverse_record(decision.record_id, why=why, actor=actor, now=now)
    apply(decision, MisconductAction.ANNUL, transitions=MISCONDUCT, actor=actor, now=now, note=why)
