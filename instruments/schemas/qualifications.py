"""Qualifications for instruments, in and out."""

from __future__ import annotations

from marshmallow import fields, validate

from core.http import (
    CursorSchema,
    DayField,
    EnumField,
    IdField,
    InstantField,
    Schema,
    TextField,
    UploadField,
)
from core.http.schemas import fault
from instruments.rules.qualifications import QualificationDecision
from instruments.states import QualificationState

WORDS = 2000
MOST_INSTRUMENTS = 200


class NewQualificationSchema(Schema):
    """A user asks."""

    note = TextField(
        required=True, max_length=WORDS, metadata={"description": "Who will work on it, trained where and how far."}
    )
    file = UploadField(
        load_default=None, metadata={"description": "A certificate, if there is one: PDF, PNG or JPEG by content."}
    )
    beneficiary_id = IdField(
        load_default=None, allow_none=True, metadata={"description": "An incubator names the team it asks for."}
    )


class QualificationQuerySchema(CursorSchema):
    """Which qualifications."""

    state = EnumField(QualificationState, metadata={"description": "In one state only."})
    instrument_id = IdField(metadata={"description": "About one instrument only."})


class QualificationDecisionSchema(Schema):
    """What the provider says."""

    decision = EnumField(QualificationDecision, required=True, metadata={"description": "qualify, or refuse."})
    opinion = TextField(
        load_default="", min_length=0, max_length=WORDS, metadata={"description": "Why; needed where it is refused."}
    )
    first_day = DayField(
        load_default=None, allow_none=True, metadata={"description": "The first day on which it holds; today if none."}
    )
    last_day = DayField(
        load_default=None, allow_none=True, metadata={"description": "The last day; without one until it is revoked."}
    )
    instrument_ids = fields.List(
        IdField(),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=MOST_INSTRUMENTS, error=fault("invalid")),
        metadata={"description": "For these instruments of the provider; for the one asked about if none are named."},
    )


class QualificationRevocationSchema(Schema):
    """Why it ends."""

    grounds = TextField(required=True, max_length=WORDS, metadata={"description": "Why it is revoked."})


class QualificationSchema(Schema):
    """What a user asked for and its provider decided."""

    id = IdField(required=True, metadata={"description": "Its number."})
    organisation_id = IdField(required=True, metadata={"description": "The enterprise or team it is about."})
    provider_id = IdField(required=True, metadata={"description": "The provider that decides."})
    instrument_ids = fields.Function(
        lambda shown: [each.id for each in shown.instruments],
        metadata={"type": "array", "items": {"type": "integer"}, "description": "The instruments it is about."},
    )
    state = EnumField(QualificationState, required=True, metadata={"description": "How it stands."})
    note = TextField(required=True, metadata={"description": "What the user said."})
    has_file = fields.Function(
        lambda shown: shown.file_id is not None,
        metadata={"type": "boolean", "description": "Whether a certificate was handed in."},
    )
    first_day = DayField(required=True, allow_none=True, metadata={"description": "The first day on which it holds."})
    last_day = DayField(
        required=True, allow_none=True, metadata={"description": "The last day, or null until it is revoked."}
    )
    opinion = TextField(required=True, min_length=0, metadata={"description": "What the provider said, or empty."})
    grounds = TextField(required=True, min_length=0, metadata={"description": "Why it was revoked, or empty."})
    asked_at = InstantField(required=True, metadata={"description": "When it was asked for."})
    decided_at = InstantField(required=True, allow_none=True, metadata={"description": "When the provider decided."})
    revoked_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was revoked."})
