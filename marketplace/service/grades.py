"""Grades of a provider's year: proposed by one officer of the province from the points or otherwise with a reason,
decided by another; after publication in new versions (S24)."""

from __future__ import annotations

from datetime import datetime

from accounts.kinds import ChangeDecision
from accounts.states import PROPOSAL_TRANSITIONS, ProposalAction
from core import audit, clock
from core.db import require_transaction, transaction
from core.errors import Conflict, Forbidden, Reason, Refused, reason, refuse_all
from core.permissions import Actor, authorise
from core.states import apply
from core.turns import queue_for
from marketplace.models import EvaluationGrade, EvaluationLine, EvaluationSnapshot
from marketplace.permissions import may_grade
from marketplace.queries.grades import (
    find_grade,
    open_grade,
    ungraded_lines,
    versions_of,
    waiting_grades,
)
from marketplace.queries.snapshots import find_line, find_snapshot, unanswered_comments
from marketplace.reports.evaluation.scores import score_of
from marketplace.rules.grading import GRADING, Grade, Score, grade_faults
from marketplace.rules.snapshots import publication_faults


class GradeRefused(Refused):
    """The grade has faults; all of them are named."""

    code = "evaluation_grade_refused"


class GradeOpen(Conflict):
    """Another version of the grade waits to be decided."""

    code = "evaluation_grade_open"
    article = "S24"


class GradeOwn(Forbidden):
    """Who proposed the grade does not decide it."""

    code = "evaluation_grade_own"


def propose_grade(*, line_id: int, grade: Grade, cause: str, actor: Actor, now: datetime) -> EvaluationGrade:
    """Propose a provider's grade of a year, after the term of comments and when each of them is answered.

    ``cause`` is needed where the grade is another than the points propose, and for a version after the first that was
    published. Raises :class:`GradeRefused` and :class:`GradeOpen`.
    """
    with transaction():
        authorise(actor, may_grade)
        queue_for(f"grade of line {line_id}")
        line = find_line(line_id, actor=actor)
        score = score_of(line)
        unanswered = sum(each.reply is None for each in line.comments)
        proposal = None if score is None else score.proposal
        is_published = line.snapshot.publication is not None
        faults = _early(line.snapshot, unanswered, now=now) + grade_faults(
            grade, proposal=proposal, cause=cause, is_provider=score is not None, is_published=is_published
        )
        refuse_all(faults, error=GradeRefused)
        if open_grade(line_id) is not None:
            raise GradeOpen
        return _propose(line, grade, score, cause=cause, actor=actor, now=now)


def propose_all(*, snapshot_id: int, actor: Actor, now: datetime) -> list[EvaluationGrade]:
    """Propose for each provider without a grade the one that its points propose; who has too little data is left out.

    Raises :class:`GradeRefused` while comments are open or wait for an answer.
    """
    with transaction():
        authorise(actor, may_grade)
        snapshot = find_snapshot(snapshot_id, actor=actor)
        queue_for(f"grades of evaluation {snapshot_id}")
        refuse_all(_early(snapshot, unanswered_comments(snapshot.id), now=now), error=GradeRefused)
        made = []
        for line in ungraded_lines(snapshot.id):
            queue_for(f"grade of line {line.id}")
            score = score_of(line)
            if score is not None and score.proposal is not None and open_grade(line.id) is None:
                made.append(_propose(line, score.proposal, score, cause="", actor=actor, now=now))
        return made


def decide_grade(
    *, grade_id: int, decision: ChangeDecision, opinion: str, actor: Actor, now: datetime
) -> EvaluationGrade:
    """Another officer decides. Raises :class:`GradeOwn` and ``StateForbids``."""
    with transaction():
        authorise(actor, may_grade)
        grade = find_grade(grade_id, actor=actor, lock=True)
        if grade.proposed_by == actor.user_id:
            raise GradeOwn(reasons=[reason("evaluation_grade_own", article=GRADING)])
        _decide(grade, decision, opinion=opinion, actor=actor, now=now)
        return grade


def approve_all(*, snapshot_id: int, opinion: str, actor: Actor, now: datetime) -> list[EvaluationGrade]:
    """Approve every waiting version of a year that is what the points propose and that another officer proposed."""
    with transaction():
        authorise(actor, may_grade)
        snapshot = find_snapshot(snapshot_id, actor=actor)
        fitting = [
            each
            for each in waiting_grades(snapshot.id)
            if each.proposed_by != actor.user_id and each.grade is each.proposal
        ]
        for each in fitting:
            _decide(each, ChangeDecision.APPROVE, opinion=opinion, actor=actor, now=now)
        return fitting


def _early(snapshot: EvaluationSnapshot, unanswered: int, *, now: datetime) -> list[Reason]:
    """Why nobody is graded yet; what is public has its term behind it."""
    if snapshot.publication is not None:
        return []
    return publication_faults(snapshot.comment_by, clock.today(now), unanswered=unanswered)


def _propose(
    line: EvaluationLine, grade: Grade, score: Score | None, *, cause: str, actor: Actor, now: datetime
) -> EvaluationGrade:
    made = EvaluationGrade(
        line_id=line.id,
        version=versions_of(line.id) + 1,
        grade=grade,
        points=None if score is None else score.points,
        proposal=None if score is None else score.proposal,
        cause=cause,
        state=PROPOSAL_TRANSITIONS.initial,
        opinion="",
        proposed_by=actor.user_id,
        proposed_at=now,
    )
    current = require_transaction()
    current.add(made)
    current.flush()
    data = {"line_id": line.id, "version": made.version, "grade": grade.value}
    audit.record(actor=actor, now=now, action="propose", subject=made, to_state=made.state, data=data)
    return made


def _decide(grade: EvaluationGrade, decision: ChangeDecision, *, opinion: str, actor: Actor, now: datetime) -> None:
    action = ProposalAction.APPROVE if decision is ChangeDecision.APPROVE else ProposalAction.REFUSE
    data = {"line_id": grade.line_id, "version": grade.version, "grade": grade.grade.value}
    apply(grade, action, transitions=PROPOSAL_TRANSITIONS, actor=actor, now=now, note=opinion, data=data)
    grade.opinion, grade.decided_by, grade.decided_at = opinion, actor.user_id, now
