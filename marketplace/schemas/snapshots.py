"""Yearly evaluations, their lines, comments and answers in requests and answers (V20)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, pre_dump, validate

from core.http import CountField, DayField, IdField, InstantField, Schema, TextField
from core.http.schemas import fault
from marketplace.models import EvaluationLine, EvaluationSnapshot
from marketplace.reports.evaluation.frozen import Change, figures_in, whose_line
from marketplace.reports.evaluation.scores import score_of
from marketplace.schemas.evaluations import FigureSchema, figure_json
from marketplace.schemas.scores import ScoreSchema

LONG = 4000
FIRST_YEAR, LAST_YEAR = 2000, 2199
_REQUIRED = [validate.Length(min=1, error=fault("required"))]


class EvaluationYearSchema(Schema):
    """A year to evaluate."""

    year = CountField(
        required=True, minimum=FIRST_YEAR, maximum=LAST_YEAR, metadata={"description": "The completed year."}
    )


class EvaluationTextSchema(Schema):
    """A comment or the answer to one; it is published with the figures."""

    text = TextField(required=True, max_length=LONG, validate=_REQUIRED, metadata={"description": "What is said."})


class EvaluationSnapshotSchema(Schema):
    """The evaluation of a year as it was frozen."""

    id = IdField(required=True, metadata={"description": "Number of the evaluation."})
    year = CountField(required=True, metadata={"description": "The year."})
    definitions = CountField(required=True, metadata={"description": "Version of the definitions it was counted by."})
    inputs = fields.Dict(
        required=True,
        metadata={
            "description": "Period, day of counting, terms in working days, scheme of points, middle of everybody."
        },
    )
    digest = TextField(
        required=True, metadata={"description": "SHA-256 of year, definitions, inputs, last day and every line."}
    )
    taken_at = InstantField(required=True, metadata={"description": "When it was frozen."})
    comment_by = DayField(required=True, metadata={"description": "Last day of comments, this day included."})
    published_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was published."})

    @pre_dump
    def flatten(self, snapshot: EvaluationSnapshot, **_: Any) -> dict[str, Any]:
        """A snapshot with its publication."""
        named = ("id", "year", "definitions", "inputs", "digest", "taken_at", "comment_by")
        publication = snapshot.publication
        return {
            **{name: getattr(snapshot, name) for name in named},
            "published_at": None if publication is None else publication.published_at,
        }


class EvaluationLineSchema(Schema):
    """The frozen figures of a provider or a city."""

    id = IdField(required=True, metadata={"description": "Number of the line."})
    snapshot_id = IdField(required=True, metadata={"description": "Number of the yearly evaluation."})
    whose = TextField(required=True, metadata={"description": "providers or cities."})
    key = TextField(required=True, metadata={"description": "Number of the provider, code of the city."})
    name = TextField(required=True, metadata={"description": "Its name when it was frozen."})
    place = TextField(required=True, allow_none=True, metadata={"description": "Code of its city."})
    figures = fields.List(
        fields.Nested(FigureSchema), required=True, metadata={"description": "Figures that rest on a case."}
    )

    score = fields.Nested(
        ScoreSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Points of a provider (S24); null for a city, and for a year without a scheme."},
    )

    @pre_dump
    def flatten(self, line: EvaluationLine, **_: Any) -> dict[str, Any]:
        """A line with the figures that rest on a case."""
        return line_json(line)


class ChangedFigureSchema(Schema):
    """A figure that comes out otherwise now."""

    measure = TextField(required=True, metadata={"description": "Name of the measure."})
    frozen = fields.Nested(FigureSchema, required=True, metadata={"description": "As it was frozen."})
    now = fields.Nested(FigureSchema, required=True, metadata={"description": "As it is counted now."})


class EvaluationReplySchema(Schema):
    """What the province answers to a comment."""

    id = IdField(required=True, metadata={"description": "Number of the answer."})
    comment_id = IdField(required=True, metadata={"description": "Number of the comment."})
    text = TextField(required=True, metadata={"description": "What it says."})
    replied_at = InstantField(required=True, metadata={"description": "When."})


class EvaluationCommentSchema(Schema):
    """What the evaluated say about their figures."""

    id = IdField(required=True, metadata={"description": "Number of the comment."})
    line_id = IdField(required=True, metadata={"description": "Number of the line."})
    text = TextField(required=True, metadata={"description": "What they say."})
    filed_at = InstantField(required=True, metadata={"description": "When."})
    reply = fields.Nested(
        EvaluationReplySchema, required=True, allow_none=True, metadata={"description": "The province's answer."}
    )


class EvaluationLineInFullSchema(EvaluationLineSchema):
    """The frozen figures with comments, answers and what differs now."""

    comments = fields.List(
        fields.Nested(EvaluationCommentSchema), required=True, metadata={"description": "Comments, oldest first."}
    )
    changes = fields.List(
        fields.Nested(ChangedFigureSchema),
        required=True,
        allow_none=True,
        metadata={
            "description": "Figures that differ now; null for those who do not read evaluations, and where the"
            " definitions have changed."
        },
    )

    @pre_dump
    def flatten(self, shown: dict[str, Any], **_: Any) -> dict[str, Any]:
        """A line with its comments and what differs now."""
        line, changes = shown["line"], shown["changes"]
        return {
            **line_json(line),
            "comments": line.comments,
            "changes": None if changes is None else [change_json(each) for each in changes],
        }


def line_json(line: EvaluationLine) -> dict[str, Any]:
    """A line as the schema shows it."""
    return {
        "id": line.id,
        "snapshot_id": line.snapshot_id,
        "whose": whose_line(line).value,
        "key": line.city or str(line.organisation_id),
        "name": line.figures["name"],
        "place": line.figures["place"],
        "figures": [figure_json(measure.key, figure) for measure, figure in figures_in(line) if figure.n],
        "score": score_of(line),
    }


def change_json(change: Change) -> dict[str, Any]:
    """A change as the schema shows it."""
    return {
        "measure": change.measure.key,
        "frozen": figure_json(change.measure.key, change.frozen),
        "now": figure_json(change.measure.key, change.now),
    }
