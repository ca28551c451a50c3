"""Points of the yearly evaluation in answers (S24-S26)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, pre_dump

from core.http import CountField, CursorSchema, DecimalField, EnumField, IdField, Schema, TextField
from instruments.schemas.utilisation import TimeSchema
from marketplace.reports.evaluation.scores import InstrumentScore
from marketplace.rules.grading import Grade, Indicator, IndicatorGroup, Mark, ReadAs

_POINTS = 2
_VALUE = 4


class MarkSchema(Schema):
    """What one indicator earned, with the values it is measured between."""

    measure = EnumField(Indicator, required=True, metadata={"description": "The measure whose figure is scored."})
    group = EnumField(IndicatorGroup, required=True, metadata={"description": "What the indicator is about."})
    weight = CountField(required=True, metadata={"description": "Its weight of 100."})
    reading = EnumField(ReadAs, required=True, metadata={"description": "What of the figure is scored."})
    zero = DecimalField(required=True, places=_VALUE, metadata={"description": "The value that earns nothing."})
    full = DecimalField(required=True, places=_VALUE, metadata={"description": "The value that earns the weight."})
    value = DecimalField(
        required=True, allow_none=True, places=_VALUE, metadata={"description": "The value; null without data."}
    )
    points = DecimalField(
        required=True, allow_none=True, places=_POINTS, metadata={"description": "Points; null without data."}
    )

    @pre_dump
    def flatten(self, mark: Mark, **_: Any) -> dict[str, Any]:
        """A mark beside its rule."""
        named = ("measure", "group", "weight", "reading", "zero", "full")
        return {**{name: getattr(mark.rule, name) for name in named}, "value": mark.value, "points": mark.points}


class ScoreSchema(Schema):
    """The points of a provider's year; what has no data neither earns nor costs anything."""

    points = DecimalField(
        required=True,
        allow_none=True,
        places=_POINTS,
        metadata={"description": "Points of 100 over the weight that has data; null where nothing has."},
    )
    covered = CountField(required=True, metadata={"description": "Weight of the indicators that have data."})
    proposal = EnumField(
        Grade,
        required=True,
        allow_none=True,
        metadata={"description": "The grade the points propose; null where too little has data."},
    )
    marks = fields.List(fields.Nested(MarkSchema), required=True, metadata={"description": "Indicator by indicator."})


class LineCasesQuerySchema(CursorSchema):
    """The cases behind which figure of the year."""

    measure = TextField(required=True, max_length=60, metadata={"description": "Name of the measure."})


class InstrumentScoreSchema(Schema):
    """A mandatory instrument of a provider in the year."""

    instrument_id = IdField(required=True, metadata={"description": "Number of the instrument."})
    name = TextField(required=True, metadata={"description": "Its name."})
    external_id = TextField(required=True, metadata={"description": "Number its provider gave it."})
    hits = fields.Dict(
        required=True,
        metadata={"description": "By measure whether it is what the measure asks for; null without data."},
    )
    bookings = CountField(required=True, metadata={"description": "Bookings by others that began in the year."})
    time = fields.Nested(
        TimeSchema, required=True, metadata={"description": "Its hours in the year, as the records say now."}
    )
    score = fields.Nested(
        ScoreSchema, required=True, metadata={"description": "Points over what can be told of one instrument."}
    )

    @pre_dump
    def flatten(self, found: InstrumentScore, **_: Any) -> dict[str, Any]:
        """An instrument with its points."""
        named = ("instrument_id", "name", "external_id", "hits", "bookings", "time", "score")
        return {name: getattr(found, name) for name in named}
