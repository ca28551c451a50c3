"""The yearly reports of cities over HTTP (V18 report)."""

from __future__ import annotations

from marshmallow import fields

from core.http import (
    CountField,
    CursorSchema,
    DayField,
    EnumField,
    IdField,
    InstantField,
    Schema,
    TextField,
    grounds_field,
)
from marketplace.reports.annual.measures import Unit
from marketplace.states import AnnualReportState

LONG = 20_000
REASON = 2_000
FIRST_YEAR = 2000
LAST_YEAR = 2199


def _year(**kwargs: object) -> CountField:
    return CountField(minimum=FIRST_YEAR, maximum=LAST_YEAR, **kwargs)


class AnnualQuerySchema(CursorSchema):
    """Which reports are wanted."""

    year = _year(metadata={"description": "Only reports about this year."})
    state = EnumField(AnnualReportState, metadata={"description": "Only reports in this state."})


class AnnualYearSchema(Schema):
    """A year."""

    year = _year(required=True, metadata={"description": "The year that the report is about."})


class AnnualRoundSchema(Schema):
    """Which round of a report is wanted."""

    round = CountField(
        minimum=1,
        maximum=99,
        load_default=None,
        metadata={"description": "The round of the submission; the last one without it."},
    )


class AnnualTextsSchema(Schema):
    """What the bureau writes."""

    work_done = TextField(
        required=True, min_length=0, max_length=LONG, metadata={"description": "What was done in the year."}
    )
    problems = TextField(required=True, min_length=0, max_length=LONG, metadata={"description": "What was difficult."})
    suggestions = TextField(
        required=True, min_length=0, max_length=LONG, metadata={"description": "What the bureau suggests."}
    )


class AnnualReturnSchema(Schema):
    """Why a report is returned."""

    reason = TextField(required=True, max_length=REASON, metadata={"description": "What is to be mended."})


class AnnualEditionSchema(Schema):
    """What was submitted once."""

    round = CountField(required=True, metadata={"description": "1 for the first submission."})
    number = TextField(required=True, metadata={"description": "The number of the document."})
    digest = TextField(required=True, metadata={"description": "SHA-256 of its content as canonical JSON."})
    submitted_at = InstantField(required=True, metadata={"description": "When it was submitted."})


class AnnualReportSchema(AnnualTextsSchema):
    """The yearly report of a city."""

    id = IdField(required=True, metadata={"description": "Its number."})
    city = TextField(required=True, metadata={"description": "Code of the city."})
    year = _year(required=True, metadata={"description": "The year that it is about."})
    state = EnumField(AnnualReportState, required=True, metadata={"description": "Where it stands."})
    due_on = DayField(required=True, metadata={"description": "The last day to submit it; it counts in full."})
    first_submitted_at = InstantField(
        required=True,
        allow_none=True,
        metadata={"description": "When it was first submitted; a return does not change it."},
    )
    submitted_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was last submitted."})
    returned_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was returned."})
    return_reason = TextField(
        required=True, min_length=0, max_length=REASON, metadata={"description": "Why it was returned."}
    )
    accepted_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was accepted."})
    reasons = grounds_field("What its return and its acceptance rest on; empty before.")
    editions = fields.List(
        fields.Nested(AnnualEditionSchema), required=True, metadata={"description": "What was submitted, in order."}
    )


class CityDutySchema(Schema):
    """Where the report of a city stands."""

    city = TextField(required=True, metadata={"description": "Code of the city."})
    year = _year(required=True, metadata={"description": "The year that it is about."})
    due_on = DayField(required=True, metadata={"description": "The last day to submit it."})
    state = EnumField(AnnualReportState, required=True, metadata={"description": "Open until somebody submits it."})
    overdue = fields.Boolean(
        required=True, metadata={"description": "Whether the last day is over and nothing was submitted."}
    )
    report_id = IdField(required=True, allow_none=True, metadata={"description": "The report, once it was begun."})
    first_submitted_at = InstantField(
        required=True, allow_none=True, metadata={"description": "When it was first submitted."}
    )


class CityDutiesSchema(Schema):
    """Where the reports of a year stand."""

    items = fields.List(fields.Nested(CityDutySchema), required=True, metadata={"description": "City by city."})


class AnnualFigureSchema(Schema):
    """One figure of a year beside that of the year before."""

    key = TextField(required=True, metadata={"description": "Its name, as among the definitions."})
    unit = EnumField(Unit, required=True, metadata={"description": "Number, fen or working days."})
    value = fields.Integer(required=True, allow_none=True, metadata={"description": "Of the year; null for nothing."})
    before = fields.Integer(required=True, allow_none=True, metadata={"description": "Of the year before."})


class AnnualRowSchema(Schema):
    """One row of a table."""

    label = TextField(
        required=True, allow_none=True, metadata={"description": "A kind, mode, state, city code or name."}
    )
    count = fields.Integer(required=True, metadata={"description": "How many."})
    fen = fields.Integer(required=True, allow_none=True, metadata={"description": "For how much; null for no sum."})
    count_before = fields.Integer(required=True, metadata={"description": "How many the year before."})
    fen_before = fields.Integer(required=True, allow_none=True, metadata={"description": "The sum the year before."})


class AnnualAgreementSchema(Schema):
    """A sum over records beside the same sum over the books."""

    key = TextField(required=True, metadata={"description": "What is compared."})
    left = fields.Integer(required=True, metadata={"description": "Over records, in fen."})
    right = fields.Integer(required=True, metadata={"description": "Over the books, in fen."})
    holds = fields.Boolean(required=True, metadata={"description": "Whether they agree."})


class ReportFiguresSchema(Schema):
    """What a report counts."""

    city = TextField(required=True, metadata={"description": "Code of the city."})
    year = _year(required=True, metadata={"description": "The year."})
    as_of = InstantField(required=True, metadata={"description": "When it was counted."})
    method = TextField(required=True, metadata={"description": "SHA-256 of the queries it was counted with."})
    sections = fields.Dict(
        keys=TextField(),
        values=fields.List(fields.Nested(AnnualFigureSchema)),
        required=True,
        metadata={"description": "Figures by section."},
    )
    breakdowns = fields.Dict(
        keys=TextField(),
        values=fields.List(fields.Nested(AnnualRowSchema)),
        required=True,
        metadata={"description": "Tables by name."},
    )
    checks = fields.List(
        fields.Nested(AnnualAgreementSchema), required=True, metadata={"description": "Records against the books."}
    )


class AnnualDifferenceSchema(Schema):
    """A figure that comes out otherwise by now."""

    key = TextField(required=True, metadata={"description": "The figure."})
    unit = EnumField(Unit, required=True, metadata={"description": "Number, fen or working days."})
    submitted = fields.Integer(required=True, allow_none=True, metadata={"description": "As it was submitted."})
    now = fields.Integer(required=True, allow_none=True, metadata={"description": "As it is counted now."})


class ReportViewSchema(Schema):
    """The figures of a report, and what has changed since."""

    frozen = fields.Boolean(
        required=True, metadata={"description": "Whether these are the figures of what was submitted."}
    )
    figures = fields.Nested(ReportFiguresSchema, required=True, metadata={"description": "The figures."})
    differences = fields.List(
        fields.Nested(AnnualDifferenceSchema),
        required=True,
        metadata={"description": "What the data say otherwise by now; the report stays as it is."},
    )


class AnnualDefinitionSchema(Schema):
    """How a figure is counted."""

    key = TextField(required=True, metadata={"description": "The figure."})
    section = TextField(required=True, metadata={"description": "The section it stands in."})
    unit = EnumField(Unit, required=True, metadata={"description": "Number, fen or working days."})
    name = TextField(required=True, metadata={"description": "What it is called, in Chinese."})
    name_en = TextField(required=True, metadata={"description": "The same in English."})
    definition = TextField(required=True, metadata={"description": "What it counts, in Chinese."})
    definition_en = TextField(required=True, metadata={"description": "The same in English."})
    query = TextField(
        required=True,
        max_length=LONG,
        metadata={"description": "The query over y (a year with its first instant and the one after it) and the city."},
    )


class AnnualDefinitionsSchema(Schema):
    """How every figure is counted."""

    items = fields.List(
        fields.Nested(AnnualDefinitionSchema), required=True, metadata={"description": "Figure by figure."}
    )
