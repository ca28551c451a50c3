"""Rounds of a registration over HTTP (V15)."""

from __future__ import annotations

from marshmallow import fields

from accounts.kinds import StandardDefect, Subject
from core.http import CountField, EnumField, IdField, InstantField, Schema, TextField


class MendedDefectSchema(Schema):
    """A defect as it was named, and whether the next round mended it."""

    about = EnumField(Subject, required=True, metadata={"description": "The field or document it is about."})
    standard = EnumField(
        StandardDefect, required=True, allow_none=True, metadata={"description": "From the catalogue; null if not."}
    )
    note = TextField(min_length=0, required=True, metadata={"description": "In words; empty if not."})
    mended = fields.Boolean(
        required=True,
        allow_none=True,
        metadata={"description": "Whether the next round changed it; null while none came."},
    )


class MembershipRoundSchema(Schema):
    """One submission and the return that ended it."""

    number = CountField(required=True, metadata={"description": "Which submission it was, from 1."})
    submitted_at = InstantField(required=True, metadata={"description": "When it was handed in."})
    submitted_by = IdField(required=True, metadata={"description": "The user who handed it in."})
    changed = fields.List(
        EnumField(Subject, metadata={"description": "A field or document."}),
        required=True,
        metadata={"description": "What differs from the round before; empty in the first."},
    )
    returned_at = InstantField(
        required=True, allow_none=True, metadata={"description": "When it was returned; null where it was not."}
    )
    returned_by = IdField(required=True, allow_none=True, metadata={"description": "The user who returned it."})
    defects = fields.List(
        fields.Nested(MendedDefectSchema), required=True, metadata={"description": "What the return named."}
    )


class MembershipRoundsSchema(Schema):
    """Every round of a registration."""

    items = fields.List(
        fields.Nested(MembershipRoundSchema), required=True, metadata={"description": "The first first."}
    )
