"""How a resident firm stands, as the API shows it (V7)."""

from __future__ import annotations

from marshmallow import fields

from core.http import CountField, DayField, EnumField, FenField, IdField, InstantField, Schema
from marketplace.states import OrderState
from vouchers.states import ClaimState


class OrderProgressSchema(Schema):
    """An order in a few words."""

    id = IdField(required=True, metadata={"description": "Number of the order."})
    state = EnumField(OrderState, required=True, metadata={"description": "Where it stands."})
    placed_at = InstantField(required=True, metadata={"description": "When it was placed."})
    expected_completion = DayField(required=True, metadata={"description": "When it should be done."})
    price_fen = FenField(required=True, metadata={"description": "Its price."})
    subsidy_fen = FenField(required=True, metadata={"description": "What the voucher pays of it."})


class ClaimProgressSchema(Schema):
    """A claim in a few words."""

    id = IdField(required=True, metadata={"description": "Number of the claim."})
    order_id = IdField(required=True, metadata={"description": "Number of its order."})
    state = EnumField(ClaimState, required=True, metadata={"description": "Where it stands."})
    due_on = DayField(
        required=True, allow_none=True, metadata={"description": "Last day of what its claimant does next, if any."}
    )
    claimed_fen = FenField(required=True, metadata={"description": "What is claimed."})


class ProgressSchema(Schema):
    """What is under way for a resident firm."""

    open_quotes = CountField(required=True, metadata={"description": "Quotes on which an order may still be placed."})
    orders = fields.List(
        fields.Nested(OrderProgressSchema), required=True, metadata={"description": "Its latest orders."}
    )
    claims = fields.List(
        fields.Nested(ClaimProgressSchema), required=True, metadata={"description": "Its latest claims."}
    )
