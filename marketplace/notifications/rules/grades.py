"""Grades, awards and rectifications after the yearly evaluation (S24-S26)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from marketplace.models import EvaluationAward, EvaluationGrade, EvaluationRectification
from marketplace.notifications.recipients import To, both, bureau_of, of, province
from marketplace.notifications.rules.told import Subject, news, task

PROVIDER = of("organisation_id")
BOTH = both(PROVIDER, bureau_of("organisation_id"))


def _corrected(grade: EvaluationGrade) -> Iterable[To]:
    """The provider, where its year was public already; before that the publication tells it."""
    line, publication = grade.line, grade.line.snapshot.publication
    if line.organisation_id is None or publication is None or grade.decided_at is None:
        return []
    return [To(line.organisation_id)] if grade.decided_at > publication.published_at else []


def _due(rectification: EvaluationRectification) -> date:
    return rectification.due_on


GRADE = Subject(
    EvaluationGrade,
    "evaluation_grade",
    {
        "propose": (task("evaluation.grade", province),),
        "approve": (news("evaluation.regraded", _corrected),),
        "refuse": (),
    },
)
AWARD = Subject(
    EvaluationAward,
    "evaluation_award",
    {
        "propose": (task("evaluation.award", province),),
        "approve": (news("evaluation.awarded", BOTH),),
        "refuse": (),
        "revoke": (news("evaluation.award_revoked", BOTH),),
    },
)
RECTIFICATION = Subject(
    EvaluationRectification,
    "evaluation_rectification",
    {
        "demand": (
            task("evaluation.rectify", PROVIDER, due=_due),
            news("evaluation.rectifies", bureau_of("organisation_id")),
        ),
        "report_rectified": (task("evaluation.check", province),),
        "return_report": (task("evaluation.rectify_again", PROVIDER, due=_due),),
        "accept_rectified": (news("evaluation.rectified", BOTH),),
        "find_unrectified": (news("evaluation.unrectified", BOTH),),
    },
)
