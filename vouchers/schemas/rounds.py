"""Rounds of a claim over HTTP (V17 return)."""

from __future__ import annotations

from marshmallow import fields

from accounts.permissions import Role
from core.http import CountField, EnumField, FenField, IdField, InstantField, Schema, TextField


class AnsweredDefectSchema(Schema):
    """A defect and its answer."""

    defect = TextField(required=True, metadata={"description": "What must be mended."})
    answer = TextField(
        required=True,
        allow_none=True,
        metadata={"description": "What the claimant said to it with the next submission; null if nothing yet."},
    )


class ClaimRoundSchema(Schema):
    """One submission and the return that ended it."""

    number = CountField(required=True, metadata={"description": "Which submission it was, from 1."})
    submitted_at = InstantField(required=True, metadata={"description": "When it was handed in."})
    submitted_by = IdField(required=True, allow_none=True, metadata={"description": "The user who handed it in."})
    claimed_fen = FenField(required=True, metadata={"description": "What was claimed, in fen."})
    changed = fields.List(
        TextField(metadata={"description": "A kind of material, a field of the invoice or a declaration."}),
        required=True,
        metadata={"description": "What differs from the round before; empty in the first."},
    )
    returned_at = InstantField(
        required=True, allow_none=True, metadata={"description": "When it was returned; null where it was not."}
    )
    returned_by = EnumField(
        Role, required=True, allow_none=True, metadata={"description": "The role of who returned it."}
    )
    opinion = TextField(required=True, metadata={"description": "The opinion of the return; empty without one."})
    defects = fields.List(
        fields.Nested(AnsweredDefectSchema),
        required=True,
        metadata={"description": "What the return asked for, each with its answer."},
    )


class ClaimRoundsSchema(Schema):
    """Every round of a claim."""

    items = fields.List(fields.Nested(ClaimRoundSchema), required=True, metadata={"description": "The first first."})
