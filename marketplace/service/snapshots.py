"""The yearly evaluation: frozen, commented on by the evaluated, answered and published by the province (V20).

Everything is added and nothing changed: figures, comments, answers and the publication stand as they were made.
"""

from __future__ import annotations

from datetime import datetime

from core import audit, clock, policy
from core.db import transaction
from core.errors import Conflict, Forbidden, Refused, reason, refuse_all
from core.permissions import Actor, authorise
from core.turns import queue_for
from core.workdays import load_calendar
from marketplace.models import (
    EvaluationComment,
    EvaluationPublication,
    EvaluationReply,
    EvaluationSnapshot,
)
from marketplace.permissions import is_evaluated, may_comment_evaluations, may_freeze_evaluations
from marketplace.queries.grades import without_grade
from marketplace.queries.snapshots import find_comment, find_line, find_snapshot, snapshot_of, unanswered_comments
from marketplace.reports.evaluation.cases import DEFINITIONS
from marketplace.reports.evaluation.frozen import digest_of_snapshot, frozen_scope, inputs_of, lines_of
from marketplace.reports.evaluation.scores import is_gradable
from marketplace.rules.naming import evaluation_policy
from marketplace.rules.snapshots import (
    EVALUATION,
    comment_by,
    may_still_comment,
    publication_faults,
    years_to_freeze,
)


class EvaluationYearRefused(Refused):
    """This year is not over, or the measure was not in force in it."""

    code = "evaluation_year_refused"


class EvaluationFrozen(Conflict):
    """The evaluation of this year is frozen already."""

    code = "evaluation_frozen"
    article = "V20"


class EvaluationCommentLate(Conflict):
    """The last day of comments is over."""

    code = "evaluation_comment_late"
    article = "V20"


class EvaluationReplied(Conflict):
    """The comment was answered already."""

    code = "evaluation_replied"
    article = "V20"


class EvaluationPublished(Conflict):
    """The evaluation was published already."""

    code = "evaluation_published"
    article = "V20"


class EvaluationUnpublishable(Refused):
    """The evaluation cannot be published yet; everything that is missing is named."""

    code = "evaluation_unpublishable"


def freeze_evaluation(*, year: int, actor: Actor, now: datetime) -> EvaluationSnapshot:
    """Count a completed year once for every provider and city, and keep the figures with their digest.

    Raises :class:`EvaluationYearRefused` and :class:`EvaluationFrozen`.
    """
    with transaction() as current:
        authorise(actor, may_freeze_evaluations)
        today = clock.today(now)
        if year not in years_to_freeze(policy.current(), today):
            raise EvaluationYearRefused(reasons=[reason("evaluation_year_refused", article=EVALUATION, field="year")])
        queue_for(f"evaluation of {year}")
        if snapshot_of(year) is not None:
            raise EvaluationFrozen
        scope = frozen_scope(year, today=today)
        lines = lines_of(scope)
        term = evaluation_policy(policy.current(), today).comment_working_days
        snapshot = EvaluationSnapshot(
            year=year,
            definitions=DEFINITIONS,
            inputs=inputs_of(scope),
            comment_by=comment_by(today, term, load_calendar()),
            taken_by=actor.user_id,
            taken_at=now,
        )
        snapshot.digest = digest_of_snapshot(snapshot, lines)
        current.add(snapshot)
        current.flush()
        for line in lines:
            line.snapshot_id = snapshot.id
        current.add_all(lines)
        current.flush()
        data = {**_about(snapshot), "definitions": DEFINITIONS, "lines": len(lines), "digest": snapshot.digest}
        audit.record(actor=actor, now=now, action="freeze", subject=snapshot, data=data)
        return snapshot


def comment_on(*, line_id: int, text: str, actor: Actor, now: datetime) -> EvaluationComment:
    """The evaluated say something about their figures, until the last day of the term.

    Raises :class:`EvaluationCommentLate`.
    """
    with transaction() as current:
        line = find_line(line_id, actor=actor)
        authorise(actor, may_comment_evaluations)
        if not is_evaluated(actor, line):
            raise Forbidden
        if not may_still_comment(line.snapshot.comment_by, clock.today(now)):
            raise EvaluationCommentLate(day=line.snapshot.comment_by)
        comment = EvaluationComment(line_id=line.id, text=text, filed_by=actor.user_id, filed_at=now)
        current.add(comment)
        current.flush()
        data = {**_about(line.snapshot), "line_id": line.id}
        audit.record(actor=actor, now=now, action="comment", subject=comment, data=data)
        return comment


def reply_to(*, comment_id: int, text: str, actor: Actor, now: datetime) -> EvaluationReply:
    """The province answers a comment, once. Raises :class:`EvaluationReplied`."""
    with transaction() as current:
        authorise(actor, may_freeze_evaluations)
        queue_for(f"answer to comment {comment_id}")
        comment = find_comment(comment_id, actor=actor)
        if comment.reply is not None:
            raise EvaluationReplied
        reply = EvaluationReply(comment_id=comment.id, text=text, replied_by=actor.user_id, replied_at=now)
        current.add(reply)
        audit.record(actor=actor, now=now, action="reply", subject=comment, data={"line_id": comment.line_id})
        return reply


def publish_evaluation(*, snapshot_id: int, actor: Actor, now: datetime) -> EvaluationSnapshot:
    """Make an evaluation public with its comments, answers and grades: after the term, when every comment is answered
    and every provider with enough data is graded.

    Raises :class:`EvaluationPublished` and :class:`EvaluationUnpublishable`.
    """
    with transaction() as current:
        authorise(actor, may_freeze_evaluations)
        queue_for(f"publication of evaluation {snapshot_id}")
        snapshot = find_snapshot(snapshot_id, actor=actor)
        if snapshot.publication is not None:
            raise EvaluationPublished
        waiting = unanswered_comments(snapshot.id)
        ungraded = sum(is_gradable(each) for each in without_grade(snapshot.id))
        faults = publication_faults(snapshot.comment_by, clock.today(now), unanswered=waiting, ungraded=ungraded)
        refuse_all(faults, error=EvaluationUnpublishable)
        current.add(EvaluationPublication(snapshot_id=snapshot.id, published_by=actor.user_id, published_at=now))
        current.flush()
        current.refresh(snapshot, ["publication"])
        data = {**_about(snapshot), "digest": snapshot.digest}
        audit.record(actor=actor, now=now, action="publish", subject=snapshot, data=data)
        return snapshot


def _about(snapshot: EvaluationSnapshot) -> dict[str, object]:
    return {"year": snapshot.year, "comment_by": snapshot.comment_by.isoformat()}
