"""Exemptions for secrecy, in and out."""

from __future__ import annotations

from core.http import (
    CursorSchema,
    DayField,
    EnumField,
    IdField,
    InstantField,
    Schema,
    TextField,
    UploadField,
    grounds_field,
)
from instruments.rules.secrecy import ExemptionDecision, ExemptionReview
from instruments.states import ExemptionState

WORDS = 2000


class NewExemptionSchema(Schema):
    """A request to be exempt."""

    ground = TextField(required=True, max_length=WORDS, metadata={"description": "Why it is secret; nothing secret."})
    until = DayField(required=True, metadata={"description": "Last day of the exemption."})
    file = UploadField(
        required=True, metadata={"description": "Who decided that it is secret: PDF, PNG, JPEG, OFD or XML by content."}
    )


class ExemptionQuerySchema(CursorSchema):
    """Which exemptions."""

    state = EnumField(ExemptionState, metadata={"description": "In one state only."})


class ExemptionReviewSchema(Schema):
    """What the bureau says."""

    decision = EnumField(ExemptionReview, required=True, metadata={"description": "endorse, or refuse."})
    opinion = TextField(required=True, max_length=WORDS, metadata={"description": "Why."})


class ExemptionDecisionSchema(Schema):
    """What the province says."""

    decision = EnumField(ExemptionDecision, required=True, metadata={"description": "confirm and file, or refuse."})
    opinion = TextField(required=True, max_length=WORDS, metadata={"description": "Why."})
    reference = TextField(
        min_length=0,
        load_default="",
        max_length=200,
        metadata={"description": "Number of the filing, where confirmed."},
    )


class ExemptionEndingSchema(Schema):
    """Why it ends."""

    note = TextField(required=True, max_length=WORDS, metadata={"description": "Why it ends before its last day."})


class ExemptionSchema(Schema):
    """A request to be exempt for secrecy and what became of it."""

    id = IdField(required=True, metadata={"description": "Number of the exemption."})
    instrument_id = IdField(required=True, metadata={"description": "Which instrument."})
    state = EnumField(ExemptionState, required=True, metadata={"description": "How far it has come."})
    ground = TextField(required=True, max_length=WORDS, metadata={"description": "Why it is secret."})
    until = DayField(required=True, metadata={"description": "Its last day."})
    asked_at = InstantField(required=True, metadata={"description": "When it was asked for."})
    reviewed_at = InstantField(required=True, allow_none=True, metadata={"description": "When the bureau decided."})
    decided_at = InstantField(required=True, allow_none=True, metadata={"description": "When the province decided."})
    reference = TextField(required=True, metadata={"description": "Number of the filing, or empty."})
    filed_on = DayField(required=True, allow_none=True, metadata={"description": "When it was filed."})
    ended_at = InstantField(required=True, allow_none=True, metadata={"description": "When it ended."})
    reasons = grounds_field("What the offices' decisions rest on; empty before.")
