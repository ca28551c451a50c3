"""Putting things right after an insufficient grade: demanded by the province, reported by the provider within its term,
checked by the province (S24). Who fails may be named (V20, S29)."""

from __future__ import annotations

from datetime import datetime

from core import audit, clock, policy
from core.db import transaction
from core.errors import Conflict, Forbidden, Refused, refuse_all
from core.permissions import Actor, authorise
from core.states import allowed_target, apply
from core.turns import queue_for
from core.workdays import load_calendar
from marketplace.models import EvaluationRectification
from marketplace.permissions import may_demand_rectification, may_report_rectification
from marketplace.queries.grades import find_grade, find_rectification, grades_in_force, rectification_of
from marketplace.queries.snapshots import find_line
from marketplace.rules.grading import rectification_days
from marketplace.rules.rectification import CheckResult, demand_faults, failing_faults, may_still_report
from marketplace.states import RECTIFICATION, RectificationAction, RectificationState


class RectificationRefused(Refused):
    """This cannot be demanded or found; every reason is named."""

    code = "evaluation_rectification_refused"


class RectificationDemanded(Conflict):
    """It was demanded after this grade already."""

    code = "evaluation_rectification_demanded"
    article = "S24"


class RectificationLate(Conflict):
    """The last day of the report is over."""

    code = "evaluation_rectification_late"
    article = "S24"


_ACTIONS = {
    CheckResult.RECTIFIED: RectificationAction.CLOSE,
    CheckResult.REPORT_AGAIN: RectificationAction.RETURN,
    CheckResult.NOT_RECTIFIED: RectificationAction.FAIL,
}


def demand_rectification(*, grade_id: int, demand: str, actor: Actor, now: datetime) -> EvaluationRectification:
    """Demand that a provider puts right what its published lowest grade rests on, within the policy's term.

    Raises :class:`RectificationRefused` and :class:`RectificationDemanded`.
    """
    with transaction() as current:
        authorise(actor, may_demand_rectification)
        queue_for(f"rectification after grade {grade_id}")
        grade = find_grade(grade_id, actor=actor)
        line = find_line(grade.line_id, actor=actor)
        in_force = grades_in_force([line.id]).get(line.id)
        faults = demand_faults(
            grade.grade,
            is_in_force=in_force is not None and in_force.id == grade.id,
            is_published=line.snapshot.publication is not None,
        )
        refuse_all(faults, error=RectificationRefused)
        if rectification_of(grade.id) is not None:
            raise RectificationDemanded
        today = clock.today(now)
        term = rectification_days(policy.current(), today)
        made = EvaluationRectification(
            grade_id=grade.id,
            organisation_id=line.organisation_id,
            demand=demand,
            due_on=load_calendar().add_working_days(today, term),
            state=RECTIFICATION.initial,
            ordered_by=actor.user_id,
            ordered_at=now,
        )
        current.add(made)
        current.flush()
        data = {"grade_id": grade.id, "due_on": made.due_on.isoformat()}
        audit.record(actor=actor, now=now, action="demand", subject=made, to_state=made.state, data=data)
        return made


def report_rectification(*, rectification_id: int, report: str, actor: Actor, now: datetime) -> EvaluationRectification:
    """The provider reports what it did, until the last day of its term. Raises :class:`RectificationLate`."""
    with transaction():
        found = find_rectification(rectification_id, actor=actor, lock=True)
        authorise(actor, may_report_rectification)
        if found.organisation_id != actor.organisation_id:
            raise Forbidden
        allowed_target(found.state, RectificationAction.REPORT, transitions=RECTIFICATION)
        if not may_still_report(found.due_on, clock.today(now)):
            raise RectificationLate(day=found.due_on)
        found.report, found.reported_by, found.reported_at = report, actor.user_id, now
        apply(found, RectificationAction.REPORT, transitions=RECTIFICATION, actor=actor, now=now)
        return found


def check_rectification(
    *, rectification_id: int, result: CheckResult, finding: str, actor: Actor, now: datetime
) -> EvaluationRectification:
    """The province says what it found; without a report it fails when its term is over.

    Raises :class:`RectificationRefused` and ``StateForbids``.
    """
    with transaction():
        authorise(actor, may_demand_rectification)
        found = find_rectification(rectification_id, actor=actor, lock=True)
        action = _ACTIONS[result]
        allowed_target(found.state, action, transitions=RECTIFICATION)
        if result is CheckResult.NOT_RECTIFIED:
            is_reported = found.state is RectificationState.REPORTED
            faults = failing_faults(found.due_on, clock.today(now), is_reported=is_reported)
            refuse_all(faults, error=RectificationRefused)
        found.finding, found.checked_by, found.checked_at = finding, actor.user_id, now
        apply(found, action, transitions=RECTIFICATION, actor=actor, now=now, note=finding)
        return found
