"""What desks say of grades, awards and what has to be put right (S24-S26)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import or_, select

from accounts.states import ProposalState
from core.permissions import Actor
from marketplace.models import EvaluationAward, EvaluationGrade, EvaluationRectification
from marketplace.reports.desk.items import Line
from marketplace.states import AwardState, RectificationState


def province_grading_lines(actor: Actor, *, today: date) -> list[Line]:
    """Grades and awards that another officer proposed; reports to check, and who let the last day pass."""
    grade, award, task = EvaluationGrade, EvaluationAward, EvaluationRectification
    grades = select(grade).where(grade.state == ProposalState.PROPOSED, grade.proposed_by != actor.user_id)
    awards = select(award).where(award.state == AwardState.PROPOSED, award.proposed_by != actor.user_id)
    late = (task.state == RectificationState.DEMANDED) & (task.due_on < today)
    to_check = select(task).where(or_(task.state == RectificationState.REPORTED, late))
    return [
        Line("grades_to_decide", grades, oldest=grade.proposed_at),
        Line("awards_to_decide", awards, oldest=award.proposed_at, amount=award.amount_fen),
        Line("rectifications_to_check", to_check, oldest=task.ordered_at, due=task.due_on),
    ]


def rectification_lines(own: Collection[int]) -> list[Line]:
    """What a provider has to put right and report."""
    task = EvaluationRectification
    waiting = select(task).where(task.organisation_id.in_(own), task.state == RectificationState.DEMANDED)
    return [Line("rectifications_to_report", waiting, oldest=task.ordered_at, due=task.due_on)]
