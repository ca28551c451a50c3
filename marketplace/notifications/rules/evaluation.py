"""The yearly evaluation and the comments on it (V20)."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.kinds import OrganisationKind
from marketplace.models import EvaluationComment, EvaluationSnapshot
from marketplace.notifications.recipients import To, by_user, offices, province
from marketplace.notifications.rules.told import Subject, news, task


def _evaluated(snapshot: EvaluationSnapshot) -> Iterable[To]:
    """Every provider that has a line, and every city's bureau."""
    providers = [To(each.organisation_id) for each in snapshot.lines if each.organisation_id is not None]
    return [*providers, *offices(OrganisationKind.CITY_BUREAU)]


def _line(comment: EvaluationComment) -> int:
    return comment.line_id


EVALUATION = Subject(
    EvaluationSnapshot,
    "evaluation_year",
    {
        "freeze": (news("evaluation.frozen", _evaluated, due=lambda snapshot: snapshot.comment_by),),
        "publish": (news("evaluation.published", _evaluated),),
    },
)
EVALUATION_COMMENT = Subject(
    EvaluationComment,
    "evaluation_line",
    {
        "comment": (task("evaluation.reply", province, link_id=_line),),
        "reply": (news("evaluation.replied", by_user("filed_by"), link_id=_line),),
    },
)
