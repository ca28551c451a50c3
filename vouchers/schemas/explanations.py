"""Explanations over HTTP."""

from __future__ import annotations

from marshmallow import fields

from core.http import DayField, FenField, IdField, ReasonSchema, Schema, TextField
from core.http.schemas import MAX_SUM_FEN


class ExplanationSchema(Schema):
    """A decision with what it rests on, and whether the same facts are judged alike today."""

    claim_id = IdField(required=True, attribute="claim.id", metadata={"description": "Number of the claim."})
    judged_on = DayField(required=True, attribute="decision.judged_on", metadata={"description": "Day of the order."})
    policy_version = TextField(
        required=True,
        allow_none=True,
        attribute="decision.policy_version",
        metadata={"description": "The version that judged it."},
    )
    facts = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={
            "description": "The frozen facts, as a quote case; a provider is not told its user's size and cap.",
            "additionalProperties": True,
        },
    )
    rate = TextField(required=True, allow_none=True, metadata={"description": "The rate, such as 0.60."})
    base_fen = FenField(
        required=True,
        attribute="decision.base_fen",
        maximum=MAX_SUM_FEN,
        metadata={"description": "The agreed fee."},
    )
    entitlement_fen = FenField(
        required=True, attribute="decision.entitlement_fen", metadata={"description": "The rate's share of it."}
    )
    cap_room_fen = FenField(
        required=True, allow_none=True, metadata={"description": "What was left of the cap; null for a provider."}
    )
    held_fen = FenField(required=True, attribute="decision.held_fen", metadata={"description": "What was held."})
    reasons = fields.List(
        fields.Nested(ReasonSchema),
        required=True,
        attribute="decision.reasons",
        metadata={"description": "Grounds of a refusal, by article."},
    )
    differences = fields.List(
        TextField(metadata={"description": "Name of a field."}),
        required=True,
        metadata={
            "description": "What the same facts give differently by the policy as written today; empty if nothing."
        },
    )
