"""What the bank said, as it is shown beside a line or a payable."""

from __future__ import annotations

from core.http import DayField, EnumField, Schema, TextField
from settlement.states import PayoutOutcome


class OutcomeSchema(Schema):
    """What the bank said last of a payout."""

    outcome = EnumField(
        PayoutOutcome,
        required=True,
        allow_none=True,
        metadata={"description": "What the bank said last; null while it said nothing."},
    )
    reason = TextField(
        required=True, allow_none=True, metadata={"description": "The bank's reason for what it did not pay."}
    )
    value_date = DayField(required=True, allow_none=True, metadata={"description": "The bank's date."})
