"""Flags over HTTP: what is suspected, on what evidence, and what reviewers found."""

from __future__ import annotations

from marshmallow import fields

from core.http import EnumField, IdField, InstantField, Schema, TextField, grounds_field
from vouchers.rules.flags import FlagKind
from vouchers.service.flags import FlagFinding
from vouchers.states import FlagState


class FlagFindingSchema(Schema):
    """What a reviewer finds about a flag."""

    finding = EnumField(
        FlagFinding, required=True, metadata={"description": "`upheld`: it holds; `cleared`: it was explained."}
    )
    reason = TextField(required=True, max_length=2000, metadata={"description": "Why; kept with the flag."})


class FlagSchema(Schema):
    """A suspicion about a claim. It changes no sum and no state; a reviewer decides about it."""

    id = IdField(required=True, attribute="flag.id", metadata={"description": "Number of the flag."})
    kind = EnumField(FlagKind, required=True, attribute="flag.kind", metadata={"description": "What it suspects."})
    evidence = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={
            "description": "What it rests on. Claims of other cities are not named to those of one city.",
            "additionalProperties": True,
        },
    )
    finding_needed = fields.Boolean(
        required=True,
        attribute="flag.finding_needed",
        metadata={"description": "Whether the claim is not approved without a finding about it."},
    )
    state = EnumField(
        FlagState, required=True, attribute="flag.state", metadata={"description": "Raised, upheld or cleared."}
    )
    finding = TextField(
        required=True, min_length=0, attribute="flag.finding", metadata={"description": "The reviewer's reason."}
    )
    reasons = grounds_field("What the finding rests on; empty before.", attribute="flag.reasons")
    raised_at = InstantField(required=True, attribute="flag.raised_at", metadata={"description": "Since when."})
    decided_at = InstantField(
        required=True, allow_none=True, attribute="flag.decided_at", metadata={"description": "When it was decided."}
    )


class FlagsSchema(Schema):
    """The flags of a claim."""

    items = fields.List(
        fields.Nested(FlagSchema), required=True, metadata={"description": "Every flag, the first before the others."}
    )
