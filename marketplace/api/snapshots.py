"""The yearly evaluation over HTTP: frozen, commented on, answered, published (V20)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from accounts.permissions import anyone
from core import clock
from core.http import Blueprint, CursorSchema, allow, current_actor, idempotent, page_of, page_schema, problems
from instruments.models import Instrument
from marketplace.models import EvaluationComment, EvaluationLine, EvaluationReply, EvaluationSnapshot
from marketplace.permissions import may_comment_evaluations, may_freeze_evaluations, may_read_evaluations
from marketplace.queries.snapshots import (
    EvaluationCommentMissing,
    EvaluationLineMissing,
    EvaluationSnapshotMissing,
    find_line,
    find_snapshot,
    visible_lines,
    visible_snapshots,
)
from marketplace.reports.evaluation.frozen import changes_since
from marketplace.reports.evaluation.reading import EvaluatedMissing
from marketplace.reports.evaluation.scores import (
    EvaluationCasesMissing,
    cases_behind,
    instrument_scores,
    instruments_behind,
)
from marketplace.schemas.evaluations import EvaluationCaseSchema
from marketplace.schemas.scores import InstrumentScoreSchema, LineCasesQuerySchema
from marketplace.schemas.snapshots import (
    EvaluationCommentSchema,
    EvaluationLineInFullSchema,
    EvaluationLineSchema,
    EvaluationReplySchema,
    EvaluationSnapshotSchema,
    EvaluationTextSchema,
    EvaluationYearSchema,
)
from marketplace.service import snapshots as service
from marketplace.service.snapshots import (
    EvaluationCommentLate,
    EvaluationFrozen,
    EvaluationPublished,
    EvaluationReplied,
    EvaluationUnpublishable,
    EvaluationYearRefused,
)

snapshots = Blueprint(
    "evaluation-snapshots",
    __name__,
    url_prefix="/evaluation-snapshots",
    description="The evaluation of a year as it was frozen (V20).",
)
lines = Blueprint(
    "evaluation-lines", __name__, url_prefix="/evaluation-lines", description="Frozen figures of one of them (V20)."
)
comments = Blueprint(
    "evaluation-comments", __name__, url_prefix="/evaluation-comments", description="Comments of the evaluated (V20)."
)


@snapshots.route("", methods=["POST"])
@allow(may_freeze_evaluations)
@problems(EvaluationYearRefused, EvaluationFrozen)
@idempotent
@snapshots.arguments(EvaluationYearSchema)
@snapshots.response(201, EvaluationSnapshotSchema)
def freeze(given: dict[str, Any]) -> EvaluationSnapshot:
    """Freeze the evaluation of a year

    Every provider and every city is counted once over a completed year; they may comment within their term.
    """
    return service.freeze_evaluation(**given, actor=current_actor(), now=clock.now())


@snapshots.route("", methods=["GET"])
@allow(anyone)
@snapshots.arguments(CursorSchema, location="query")
@snapshots.response(200, page_schema(EvaluationSnapshotSchema))
def list_snapshots(wanted: dict[str, Any]) -> dict[str, Any]:
    """Yearly evaluations

    Published ones for everybody; all for those who read evaluations.
    """
    found = visible_snapshots(current_actor())
    return page_of(found, cursor=wanted.get("cursor"), limit=wanted["limit"], key=EvaluationSnapshot.id)


@snapshots.route("/<int:snapshot_id>", methods=["GET"])
@allow(anyone)
@problems(EvaluationSnapshotMissing)
@snapshots.response(200, EvaluationSnapshotSchema)
def show_snapshot(snapshot_id: int) -> EvaluationSnapshot:
    """A yearly evaluation

    With what it was counted by, and its digest.
    """
    return find_snapshot(snapshot_id, actor=current_actor())


@snapshots.route("/<int:snapshot_id>/lines", methods=["GET"])
@allow(anyone)
@problems(EvaluationSnapshotMissing)
@snapshots.arguments(CursorSchema, location="query")
@snapshots.response(200, page_schema(EvaluationLineSchema))
def list_lines(wanted: dict[str, Any], snapshot_id: int) -> dict[str, Any]:
    """Figures of a yearly evaluation

    Of everybody once it is published; before, each its own, a city's offices also those of its providers.
    """
    actor = current_actor()
    snapshot = find_snapshot(snapshot_id, actor=actor)
    found = visible_lines(actor, snapshot_id=snapshot.id)
    return page_of(found, cursor=wanted.get("cursor"), limit=wanted["limit"], key=EvaluationLine.id)


@snapshots.route("/<int:snapshot_id>/publication", methods=["POST"])
@allow(may_freeze_evaluations)
@problems(EvaluationSnapshotMissing, EvaluationPublished, EvaluationUnpublishable)
@idempotent
@snapshots.response(201, EvaluationSnapshotSchema)
def publish(snapshot_id: int) -> EvaluationSnapshot:
    """Publish a yearly evaluation

    After the term of comments and when every comment is answered; comments and answers are published with it.
    """
    return service.publish_evaluation(snapshot_id=snapshot_id, actor=current_actor(), now=clock.now())


@lines.route("/<int:line_id>", methods=["GET"])
@allow(anyone)
@problems(EvaluationLineMissing)
@lines.response(200, EvaluationLineInFullSchema)
def show_line(line_id: int) -> dict[str, Any]:
    """Frozen figures

    With comments, answers, and what the data say otherwise now.
    """
    actor = current_actor()
    line = find_line(line_id, actor=actor)
    return {"line": line, "changes": changes_since(line) if may_read_evaluations(actor) else None}


@lines.route("/<int:line_id>/cases", methods=["GET"])
@allow(may_read_evaluations)
@problems(EvaluationLineMissing, EvaluationCasesMissing, EvaluatedMissing)
@lines.arguments(LineCasesQuerySchema, location="query")
@lines.response(200, page_schema(EvaluationCaseSchema))
def list_line_cases(wanted: dict[str, Any], line_id: int) -> dict[str, Any]:
    """The cases behind a frozen figure

    Over the period and by the terms of the year, as the records say now; for those who read about its owner.
    """
    actor = current_actor()
    _, cases = cases_behind(find_line(line_id, actor=actor), wanted["measure"], actor=actor)
    return page_of(select(cases), cursor=wanted.get("cursor"), limit=wanted["limit"], key=cases.c.key, scalars=False)


@lines.route("/<int:line_id>/instruments", methods=["GET"])
@allow(may_read_evaluations)
@problems(EvaluationLineMissing, EvaluationCasesMissing, EvaluatedMissing)
@lines.arguments(CursorSchema, location="query")
@lines.response(200, page_schema(InstrumentScoreSchema))
def list_line_instruments(wanted: dict[str, Any], line_id: int) -> dict[str, Any]:
    """A provider's mandatory instruments in the year

    Each with what can be told of it alone, as the records say now; for those who read about the provider.
    """
    actor = current_actor()
    line = find_line(line_id, actor=actor)
    found, scheme = instruments_behind(line, actor=actor)
    page = page_of(found, cursor=wanted.get("cursor"), limit=wanted["limit"], key=Instrument.id, scalars=False)
    return {**page, "items": instrument_scores(page["items"], line, scheme)}


@lines.route("/<int:line_id>/comments", methods=["POST"])
@allow(may_comment_evaluations)
@problems(EvaluationLineMissing, EvaluationCommentLate)
@idempotent
@lines.arguments(EvaluationTextSchema)
@lines.response(201, EvaluationCommentSchema)
def comment(given: dict[str, Any], line_id: int) -> EvaluationComment:
    """Comment on one's own figures

    By the provider or the city's bureau, until the last day of the term. It is published with the figures.
    """
    return service.comment_on(line_id=line_id, **given, actor=current_actor(), now=clock.now())


@comments.route("/<int:comment_id>/reply", methods=["POST"])
@allow(may_freeze_evaluations)
@problems(EvaluationCommentMissing, EvaluationReplied)
@idempotent
@comments.arguments(EvaluationTextSchema)
@comments.response(201, EvaluationReplySchema)
def reply(given: dict[str, Any], comment_id: int) -> EvaluationReply:
    """Answer a comment

    Once. The answer is published with the comment.
    """
    return service.reply_to(comment_id=comment_id, **given, actor=current_actor(), now=clock.now())
