"""Inspections of drawn claims as the API takes and shows them (V19)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load, validate

from core.http import (
    CursorSchema,
    DayField,
    EnumField,
    FlagField,
    IdField,
    InstantField,
    Schema,
    TextField,
    UploadField,
    grounds_field,
)
from core.http.schemas import fault
from vouchers.rules.supervision import FindingSeverity
from vouchers.schemas.supervision import FILE, LONG
from vouchers.service.inspections import ChecklistAnswer
from vouchers.states import InspectionState

MAX_INSPECTORS = 20
MAX_ITEMS = 100


class InspectionQuerySchema(CursorSchema):
    """Which inspections to list."""

    state = EnumField(InspectionState, metadata={"description": "Only those of this state."})
    claim_id = IdField(metadata={"description": "Only those of this claim."})


class InspectionAssignmentSchema(Schema):
    """Who goes, and when."""

    inspector_ids = fields.List(
        IdField(metadata={"description": "Number of a user: an officer of the province or of the claim's city."}),
        required=True,
        validate=validate.Length(min=1, max=MAX_INSPECTORS, error=fault("length", min=1, max=MAX_INSPECTORS)),
        metadata={"description": "The officers; none of them had a part in the claim."},
    )
    visit_on = DayField(required=True, metadata={"description": "Day of the visit; the party is not told."})


class ChecklistAnswerSchema(Schema):
    """What inspectors say of one item of the policy's checklist."""

    item = TextField(required=True, max_length=100, metadata={"description": "Code of the item."})
    met = FlagField(required=True, metadata={"description": "Whether it is as it should be."})
    remark = TextField(
        load_default="", min_length=0, max_length=1000, metadata={"description": "What was seen; may be empty."}
    )


class VisitSchema(Schema):
    """What was seen on the day of the visit."""

    visited_on = DayField(required=True, metadata={"description": "The day."})
    account = TextField(required=True, max_length=LONG, metadata={"description": "What was seen and said."})
    checklist = fields.List(
        fields.Nested(ChecklistAnswerSchema),
        required=True,
        validate=validate.Length(max=MAX_ITEMS, error=fault("length", min=0, max=MAX_ITEMS)),
        metadata={"description": "Every item of the policy's list once."},
    )

    @post_load
    def _answers(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, "checklist": [ChecklistAnswer(**each) for each in data["checklist"]]}


class EvidenceSchema(Schema):
    """A file that was brought along."""

    file = UploadField(required=True, metadata=FILE)
    title = TextField(required=True, max_length=200, metadata={"description": "What it shows."})


class NewFindingSchema(Schema):
    """What was found against a party of the claim."""

    organisation_id = IdField(required=True, metadata={"description": "The user, provider or incubator."})
    severity = EnumField(
        FindingSeverity, required=True, metadata={"description": "How grave; a refusal has a call of its own."}
    )
    article = TextField(required=True, max_length=40, metadata={"description": "The article it offends, such as V11."})
    statement = TextField(required=True, max_length=LONG, metadata={"description": "What was found."})


class RefusalSchema(Schema):
    """A party that refused to cooperate."""

    organisation_id = IdField(required=True, metadata={"description": "The user, provider or incubator."})
    statement = TextField(required=True, max_length=LONG, metadata={"description": "How it refused."})


class InspectionStopSchema(Schema):
    """Why the payments of a claim are stopped."""

    cause = TextField(required=True, max_length=2000, metadata={"description": "Why they are stopped."})


class InspectorSchema(Schema):
    """An officer on an inspection."""

    user_id = IdField(required=True, metadata={"description": "The user."})
    username = TextField(required=True, attribute="user.username", metadata={"description": "The user name."})


class EvidenceItemSchema(Schema):
    """A file of an inspection."""

    id = IdField(required=True, metadata={"description": "Number of the file here."})
    title = TextField(required=True, metadata={"description": "What it shows."})
    filename = TextField(required=True, attribute="file.filename", metadata={"description": "Its name."})
    sha256 = TextField(required=True, attribute="file.sha256", metadata={"description": "Its SHA-256."})


class InspectionSummarySchema(Schema):
    """The inspection of a drawn claim."""

    id = IdField(required=True, metadata={"description": "Its number."})
    spot_check_id = IdField(required=True, metadata={"description": "The draw."})
    claim_id = IdField(required=True, metadata={"description": "The claim."})
    state = EnumField(InspectionState, required=True, metadata={"description": "Where it stands."})
    visit_on = DayField(required=True, allow_none=True, metadata={"description": "Day of the visit as planned."})
    visited_on = DayField(required=True, allow_none=True, metadata={"description": "Day of the visit."})
    concluded_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was concluded."})
    closed_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was closed."})


class InspectionSchema(Schema):
    """An inspection with its inspectors and what they saw; of the parties each sees its own findings alone."""

    id = IdField(required=True, attribute="inspection.id", metadata={"description": "Its number."})
    spot_check_id = IdField(required=True, attribute="inspection.spot_check_id", metadata={"description": "The draw."})
    claim_id = IdField(required=True, attribute="inspection.claim_id", metadata={"description": "The claim."})
    state = EnumField(
        InspectionState, required=True, attribute="inspection.state", metadata={"description": "Where it stands."}
    )
    visit_on = DayField(
        required=True,
        allow_none=True,
        attribute="inspection.visit_on",
        metadata={"description": "Day of the visit as planned."},
    )
    visited_on = DayField(
        required=True, allow_none=True, attribute="inspection.visited_on", metadata={"description": "Day of the visit."}
    )
    concluded_at = InstantField(
        required=True,
        allow_none=True,
        attribute="inspection.concluded_at",
        metadata={"description": "When it was concluded."},
    )
    closed_at = InstantField(
        required=True,
        allow_none=True,
        attribute="inspection.closed_at",
        metadata={"description": "When it was closed."},
    )
    account = TextField(
        required=True,
        allow_none=True,
        max_length=LONG,
        attribute="inspection.account",
        metadata={"description": "What was seen."},
    )
    checklist = fields.List(
        fields.Nested(ChecklistAnswerSchema),
        required=True,
        attribute="inspection.checklist",
        metadata={"description": "Item by item."},
    )
    inspectors = fields.List(
        fields.Nested(InspectorSchema),
        required=True,
        attribute="inspection.inspectors",
        metadata={"description": "Who carried it out."},
    )
    evidence = fields.List(
        fields.Nested(EvidenceItemSchema), required=True, metadata={"description": "Files; none for the parties."}
    )
    reasons = grounds_field(
        "What its conclusion rests on, and its closing; empty before.", attribute="inspection.reasons"
    )
    finding_ids = fields.List(
        IdField(metadata={"description": "Number of a finding."}),
        required=True,
        metadata={"description": "What was found, as far as the reader may see it."},
    )
