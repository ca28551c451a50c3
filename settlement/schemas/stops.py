"""Stops of payment as the API shows them."""

from __future__ import annotations

from core.http import CursorSchema, EnumField, FenField, IdField, InstantField, Schema, TextField, grounds_field
from settlement.states import StopState


class StopQuerySchema(CursorSchema):
    """Which stops to list."""

    state = EnumField(StopState, metadata={"description": "Only those of this state."})


class NewStopSchema(Schema):
    """A payable that is not to be paid for now."""

    payable_id = IdField(load_default=None, metadata={"description": "The payable, or else its source."})
    source = TextField(load_default=None, max_length=100, metadata={"description": "What it is for, such as claim:12."})
    cause = TextField(required=True, max_length=2000, metadata={"description": "Why it is stopped."})


class LiftingSchema(Schema):
    """Why a stop ends."""

    note = TextField(required=True, max_length=2000, metadata={"description": "What was found out."})


class StopSchema(Schema):
    """A payable that is held out of the batches (V19)."""

    id = IdField(required=True, metadata={"description": "Its number."})
    payable_id = IdField(required=True, metadata={"description": "The payable."})
    payee_id = IdField(
        required=True, attribute="payable.payee_id", metadata={"description": "Who waits for the money."}
    )
    amount_fen = FenField(
        required=True, attribute="payable.amount_fen", metadata={"description": "The sum that is stopped, in fen."}
    )
    state = EnumField(StopState, required=True, metadata={"description": "Whether it stands."})
    cause = TextField(required=True, metadata={"description": "Why it was ordered."})
    occasion = TextField(
        required=True, allow_none=True, metadata={"description": "What it was ordered for, such as inspection:3."}
    )
    article = TextField(required=True, metadata={"description": "The article it rests on."})
    ordered_at = InstantField(required=True, metadata={"description": "When it was ordered."})
    ended_at = InstantField(required=True, allow_none=True, metadata={"description": "When it ended."})
    ending = TextField(required=True, allow_none=True, metadata={"description": "Why it ended."})
    reasons = grounds_field("What it rests on, and why it ended.")
