"""Grades, awards and rectifications in requests and answers (S24-S26)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, pre_dump, validate

from accounts.kinds import ChangeDecision
from accounts.states import ProposalState
from core.http import (
    CountField,
    CursorSchema,
    DayField,
    DecimalField,
    EnumField,
    FenField,
    IdField,
    InstantField,
    Schema,
    TextField,
    grounds_field,
)
from core.http.schemas import fault
from marketplace.models import EvaluationGrade
from marketplace.rules.grading import Grade
from marketplace.rules.rectification import CheckResult
from marketplace.states import AwardState, RectificationState

LONG = 4000
_NUMBER = 200
_REQUIRED = [validate.Length(min=1, error=fault("required"))]


def _said(description: str, **more: Any) -> TextField:
    return TextField(required=True, max_length=LONG, validate=_REQUIRED, metadata={"description": description}, **more)


class NewGradeSchema(Schema):
    """A grade for a provider's year."""

    grade = EnumField(Grade, required=True, metadata={"description": "The grade."})
    cause = TextField(
        load_default="",
        max_length=LONG,
        metadata={"description": "Why, where it is not what the points propose or corrects a published one."},
    )


class GradeDecisionSchema(Schema):
    """What another officer says about a grade."""

    decision = EnumField(ChangeDecision, required=True, metadata={"description": "Approve or refuse."})
    opinion = _said("Why.")


class GradeOpinionSchema(Schema):
    """Why all grades that follow the points are approved."""

    opinion = _said("Why.")


class GradeSchema(Schema):
    """A version of a provider's grade of a year; the latest approved one counts."""

    id = IdField(required=True, metadata={"description": "Number of the version."})
    line_id = IdField(required=True, metadata={"description": "Number of the line with the figures."})
    year = CountField(required=True, metadata={"description": "The year."})
    organisation_id = IdField(required=True, metadata={"description": "Number of the provider."})
    name = TextField(required=True, metadata={"description": "Its name when the year was frozen."})
    version = CountField(required=True, metadata={"description": "Which version it is, from 1 on."})
    grade = EnumField(Grade, required=True, metadata={"description": "The grade."})
    points = DecimalField(
        required=True, allow_none=True, places=2, metadata={"description": "Points; null where nothing had data."}
    )
    proposal = EnumField(
        Grade,
        required=True,
        allow_none=True,
        metadata={"description": "What the points proposed; null where too little had data."},
    )
    cause = TextField(required=True, min_length=0, metadata={"description": "Why it differs, or corrects another."})
    state = EnumField(ProposalState, required=True, metadata={"description": "Where it stands."})
    proposed_at = InstantField(required=True, metadata={"description": "When it was proposed."})
    decided_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was decided."})
    reasons = grounds_field("What it rests on; empty before it is decided.")

    @pre_dump
    def flatten(self, grade: EvaluationGrade, **_: Any) -> dict[str, Any]:
        """A grade with the provider and the year of its line."""
        named = ("id", "line_id", "version", "grade", "points", "proposal", "cause", "state")
        moments = ("proposed_at", "decided_at", "reasons")
        return {
            **{name: getattr(grade, name) for name in (*named, *moments)},
            "year": grade.line.snapshot.year,
            "organisation_id": grade.line.organisation_id,
            "name": grade.line.figures["name"],
        }


class GradesSchema(Schema):
    """Grades that were proposed or approved together."""

    count = CountField(required=True, metadata={"description": "How many."})
    items = fields.List(fields.Nested(GradeSchema), required=True, metadata={"description": "The grades."})


class GradeQuerySchema(CursorSchema):
    """Which grades to list."""

    year = CountField(load_default=None, metadata={"description": "Only those of this year."})
    line_id = IdField(load_default=None, metadata={"description": "Only the versions of this line."})
    state = EnumField(ProposalState, load_default=None, metadata={"description": "Only those of this state."})


class NewAwardSchema(Schema):
    """Money for a grade."""

    amount_fen = FenField(required=True, minimum=1, metadata={"description": "How much, in fen."})
    cause = _said("Why.")


class AwardDecisionSchema(GradeDecisionSchema):
    """What another officer says about an award; one that is approved has its document."""

    document_number = TextField(
        load_default=None, allow_none=True, max_length=_NUMBER, metadata={"description": "Number of the document."}
    )
    document_on = DayField(load_default=None, allow_none=True, metadata={"description": "Day of the document."})


class AwardRevocationSchema(Schema):
    """Why an award is taken back."""

    why = _said("Why.")


class AwardSchema(Schema):
    """An award as it was decided. It is paid outside of this service's books."""

    id = IdField(required=True, metadata={"description": "Number of the award."})
    grade_id = IdField(required=True, metadata={"description": "The grade it is for."})
    organisation_id = IdField(required=True, metadata={"description": "The provider."})
    year = CountField(required=True, metadata={"description": "The year that was evaluated."})
    amount_fen = FenField(required=True, metadata={"description": "How much, in fen."})
    limit_fen = FenField(required=True, metadata={"description": "Most that a unit gets for the year, in fen."})
    article = TextField(required=True, metadata={"description": "What the limit rests on."})
    cause = TextField(required=True, metadata={"description": "Why it was proposed."})
    state = EnumField(AwardState, required=True, metadata={"description": "Where it stands."})
    document_number = TextField(required=True, allow_none=True, metadata={"description": "Number of the document."})
    document_on = DayField(required=True, allow_none=True, metadata={"description": "Day of the document."})
    proposed_at = InstantField(required=True, metadata={"description": "When it was proposed."})
    decided_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was decided."})
    revoked_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was revoked."})
    reasons = grounds_field("What it rests on; empty before it is decided.")


class AwardQuerySchema(CursorSchema):
    """Which awards to list."""

    year = CountField(load_default=None, metadata={"description": "Only those for this year."})
    organisation_id = IdField(load_default=None, metadata={"description": "Only those of this provider."})
    state = EnumField(AwardState, load_default=None, metadata={"description": "Only those of this state."})


class NewRectificationSchema(Schema):
    """What a provider has to put right."""

    demand = _said("What has to be put right.")


class RectificationReportSchema(Schema):
    """What the provider did about it."""

    report = _said("What was done.")


class RectificationCheckSchema(Schema):
    """What the check of it found."""

    result = EnumField(
        CheckResult, required=True, metadata={"description": "Put right, to be reported again, or not put right."}
    )
    finding = _said("What was found.")


class RectificationSchema(Schema):
    """What a provider has to put right after its grade."""

    id = IdField(required=True, metadata={"description": "Its number."})
    grade_id = IdField(required=True, metadata={"description": "The grade it follows from."})
    organisation_id = IdField(required=True, metadata={"description": "The provider."})
    demand = TextField(required=True, metadata={"description": "What has to be put right."})
    due_on = DayField(required=True, metadata={"description": "Last day of the report, this day included."})
    state = EnumField(RectificationState, required=True, metadata={"description": "Where it stands."})
    ordered_at = InstantField(required=True, metadata={"description": "When it was demanded."})
    report = TextField(required=True, allow_none=True, metadata={"description": "What was done."})
    reported_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was reported."})
    finding = TextField(required=True, allow_none=True, metadata={"description": "What the check found."})
    checked_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was checked."})
    reasons = grounds_field("What the check rests on; empty before it.")
