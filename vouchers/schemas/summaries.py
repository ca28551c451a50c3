"""Summaries over HTTP."""

from __future__ import annotations

from marshmallow import fields, validate

from core.http import (
    CursorSchema,
    DayField,
    EnumField,
    FenField,
    IdField,
    InstantField,
    Schema,
    TextField,
    UploadField,
)
from core.http.schemas import fault
from vouchers.states import SummaryState

MAX_CLAIMS = 1000


class SummaryQuerySchema(CursorSchema):
    """Which summaries are wanted."""

    state = EnumField(SummaryState, metadata={"description": "Only summaries in this state."})


class NewSummarySchema(Schema):
    """Which claims to send up together."""

    claim_ids = fields.List(
        IdField(metadata={"description": "Number of a claim."}),
        required=True,
        validate=validate.Length(min=1, max=MAX_CLAIMS, error=fault("length", min=1, max=MAX_CLAIMS)),
        metadata={"description": "Claims of one city that it has approved."},
    )


class StampSchema(Schema):
    """The stamped copy."""

    file = UploadField(required=True, metadata={"description": "The file: PDF, PNG or JPEG; its content decides."})
    number = TextField(
        load_default=None,
        max_length=100,
        metadata={"description": "The number that stands on the copy; refused where it is not the summary's."},
    )
    total_fen = FenField(
        load_default=None,
        metadata={"description": "The total that stands on the copy; refused where it is not the summary's."},
    )


class SummaryLineSchema(Schema):
    """A claim in a summary."""

    claim_id = IdField(required=True, metadata={"description": "Number of the claim."})
    approved_fen = FenField(required=True, metadata={"description": "What the city approved."})
    aid_fen = FenField(required=True, metadata={"description": "What programmes of cities add to it (V6)."})


class SummarySchema(Schema):
    """A city's summary of reviewed claims."""

    id = IdField(required=True, metadata={"description": "Number of the summary."})
    city = TextField(required=True, metadata={"description": "Code of the city."})
    state = EnumField(SummaryState, required=True, metadata={"description": "Open, stamped or dispatched."})
    number = TextField(required=True, allow_none=True, metadata={"description": "Its number in letters."})
    period_from = DayField(required=True, allow_none=True, metadata={"description": "First day of the reviews."})
    period_to = DayField(required=True, allow_none=True, metadata={"description": "Last day of the reviews."})
    document_sha256 = TextField(
        required=True,
        allow_none=True,
        attribute="document_sha256",
        metadata={"description": "Checksum of its PDF, as it was when the summary was made."},
    )
    total_fen = FenField(required=True, metadata={"description": "Sum of its claims."})
    aid_fen = FenField(required=True, metadata={"description": "What programmes of cities add to them (V6)."})
    lines = fields.List(fields.Nested(SummaryLineSchema), required=True, metadata={"description": "Its claims."})
    created_at = InstantField(required=True, metadata={"description": "When it was made."})
    stamped_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was stamped."})
    dispatched_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was sent up."})
