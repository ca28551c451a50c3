"""The evaluation in requests and answers (V20)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, pre_dump

from core.http import CountField, CursorSchema, DayField, DecimalField, IdField, InstantField, Schema, TextField
from core.texts import text
from marketplace.reports.evaluation.figures import Figure, Measure
from marketplace.reports.evaluation.reading import Reported

DAYS = 1
SHARE = 4


class PeriodSchema(Schema):
    """Which period is evaluated."""

    since = DayField(load_default=None, metadata={"description": "First day; that of the year if left out."})
    until = DayField(load_default=None, metadata={"description": "Last day; that of the year if left out."})


class EvaluationQuerySchema(CursorSchema, PeriodSchema):
    """Which period, and which page."""


class CasesQuerySchema(EvaluationQuerySchema):
    """The cases behind which figure."""

    measure = TextField(required=True, max_length=60, metadata={"description": "Name of the measure."})


class MeasureSchema(Schema):
    """What is measured."""

    whose = TextField(required=True, metadata={"description": "providers, cities or officers."})
    measure = TextField(required=True, metadata={"description": "Name of the measure."})
    name = TextField(required=True, metadata={"description": "What it is called, in Chinese."})
    name_en = TextField(required=True, metadata={"description": "What it is called, in English."})
    definition = TextField(required=True, metadata={"description": "What is counted and what a hit is, in Chinese."})
    definition_en = TextField(required=True, metadata={"description": "What is counted and what a hit is, in English."})
    timed = fields.Boolean(required=True, metadata={"description": "Whether it is also a time."})

    @pre_dump
    def flatten(self, measure: Measure, **_: Any) -> dict[str, Any]:
        """The words by language."""
        name, definition = text(measure.text_key), text(f"{measure.text_key}.definition")
        return {
            "whose": measure.whose.value,
            "measure": measure.key,
            "name": name.zh,
            "name_en": name.en,
            "definition": definition.zh,
            "definition_en": definition.en,
            "timed": measure.timed,
        }


class MeasuresSchema(Schema):
    """Every measure, with the version of their definitions."""

    definitions = CountField(required=True, metadata={"description": "Version of the definitions."})
    items = fields.List(fields.Nested(MeasureSchema), required=True, metadata={"description": "The measures."})


class FigureSchema(Schema):
    """One measure of somebody, as :class:`Figure`."""

    measure = TextField(required=True, metadata={"description": "Name of the measure."})
    n = CountField(required=True, metadata={"description": "How many cases there are."})
    hits = CountField(required=True, metadata={"description": "How many of them are what the measure asks for."})
    share = DecimalField(
        required=True, allow_none=True, places=SHARE, metadata={"description": "Hits of cases, 0 to 1."}
    )
    timed = CountField(required=True, metadata={"description": "How many cases have a time."})
    median_hours = DecimalField(
        required=True, allow_none=True, places=DAYS, metadata={"description": "Median in hours."}
    )
    p90_hours = DecimalField(
        required=True, allow_none=True, places=DAYS, metadata={"description": "90th percentile in hours."}
    )
    median_days = DecimalField(
        required=True, allow_none=True, places=DAYS, metadata={"description": "Median in working days."}
    )
    p90_days = DecimalField(
        required=True, allow_none=True, places=DAYS, metadata={"description": "90th percentile in working days."}
    )


def figure_json(measure: str, figure: Figure) -> dict[str, Any]:
    """A figure with its name, as the schema shows it."""
    return {
        "measure": measure,
        "n": figure.n,
        "hits": figure.hits,
        "share": figure.share,
        "timed": figure.timed,
        "median_hours": figure.median_hours,
        "p90_hours": figure.p90_hours,
        "median_days": figure.median_days,
        "p90_days": figure.p90_days,
    }


class EvaluatedSchema(Schema):
    """Somebody with all figures that rest on a case."""

    key = TextField(required=True, metadata={"description": "Number of the organisation or user, code of the city."})
    name = TextField(required=True, metadata={"description": "Name."})
    place = TextField(required=True, allow_none=True, metadata={"description": "City, or office of an officer."})
    figures = fields.List(
        fields.Nested(FigureSchema), required=True, metadata={"description": "Figures that rest on a case."}
    )

    @pre_dump
    def flatten(self, row: tuple[Any, dict[str, Figure]], **_: Any) -> dict[str, Any]:
        """An owner and its figures."""
        owner, found = row
        shown = [figure_json(measure, figure) for measure, figure in found.items()]
        return {"key": str(owner.key), "name": owner.name, "place": owner.place, "figures": shown}


class ReportedSchema(FigureSchema):
    """One measure of somebody beside the middle of all who have it."""

    few = fields.Boolean(required=True, metadata={"description": "Whether it rests on few cases."})
    owners = CountField(required=True, metadata={"description": "How many have this figure."})
    middle_share = DecimalField(
        required=True, allow_none=True, places=SHARE, metadata={"description": "The median share of all of them."}
    )
    middle_days = DecimalField(
        required=True, allow_none=True, places=DAYS, metadata={"description": "The median of their median days."}
    )


class ReportSchema(Schema):
    """The evaluation of somebody."""

    key = TextField(required=True, metadata={"description": "Number of the organisation or user, code of the city."})
    name = TextField(required=True, metadata={"description": "Name."})
    place = TextField(required=True, allow_none=True, metadata={"description": "City, or office of an officer."})
    since = DayField(required=True, metadata={"description": "First day."})
    until = DayField(required=True, metadata={"description": "Last day."})
    measures = fields.List(fields.Nested(ReportedSchema), required=True, metadata={"description": "Every measure."})


def reported_json(each: Reported) -> dict[str, Any]:
    """A measure beside the middle, as the schema shows it."""
    middle = each.middle
    return {
        **figure_json(each.measure.key, each.figure),
        "few": each.few,
        "owners": 0 if middle is None else middle.owners,
        "middle_share": None if middle is None else middle.share,
        "middle_days": None if middle is None else middle.days,
    }


class EvaluationCaseSchema(Schema):
    """A case behind a figure."""

    key = fields.Integer(required=True, metadata={"description": "Unique among the cases of the figure."})
    kind = TextField(required=True, metadata={"description": "Kind of the record."})
    case_id = IdField(required=True, metadata={"description": "Number of the record."})
    since = InstantField(required=True, allow_none=True, metadata={"description": "When it began."})
    until = InstantField(required=True, allow_none=True, metadata={"description": "When it ended."})
    hours = DecimalField(
        required=True, allow_none=True, places=DAYS, metadata={"description": "How long it took, in hours."}
    )
    days = CountField(required=True, allow_none=True, metadata={"description": "How long it took, in working days."})
    hit = fields.Boolean(required=True, metadata={"description": "Whether it is what the measure asks for."})
    note = TextField(required=True, allow_none=True, metadata={"description": "Reason or kind of decision."})
