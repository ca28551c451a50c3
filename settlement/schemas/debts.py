"""Shortfalls and clawbacks as the API shows them."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from core.http import (
    CountField,
    CursorSchema,
    DayField,
    EnumField,
    FenField,
    FlagField,
    IdField,
    InstantField,
    Schema,
    TextField,
    grounds_field,
)
from core.http.schemas import fault
from settlement.rules.methods import GATEWAY_METHODS, PaymentMethod
from settlement.schemas.ledger import SignedFenField
from settlement.schemas.payments import PaymentSchema
from settlement.states import ClawbackState, ShortfallState


class ShortfallQuerySchema(CursorSchema):
    """Which shortfalls to list."""

    state = EnumField(ShortfallState, metadata={"description": "Only those of this state."})


class ShortfallSchema(Schema):
    """The refused part of a deducted sum, which the user owes the provider."""

    id = IdField(required=True, metadata={"description": "Its number."})
    order_id = IdField(required=True, metadata={"description": "The order."})
    debtor_id = IdField(required=True, metadata={"description": "The user that owes it."})
    creditor_id = IdField(required=True, metadata={"description": "The provider it is owed to."})
    amount_fen = FenField(required=True, metadata={"description": "The whole debt, in fen."})
    paid_fen = FenField(required=True, metadata={"description": "What was paid of it, in fen."})
    written_off_fen = FenField(required=True, metadata={"description": "What was written off, in fen."})
    open_fen = FenField(required=True, metadata={"description": "What is still owed, in fen."})
    due_on = DayField(
        required=True,
        allow_none=True,
        metadata={"description": "When the next part of its plan is due, if it has one."},
    )
    article = TextField(required=True, metadata={"description": "The article it rests on."})
    state = EnumField(ShortfallState, required=True, metadata={"description": "Whether it is open."})
    opened_at = InstantField(required=True, metadata={"description": "When it arose."})


class ShortfallPaymentSchema(Schema):
    """A transfer that arrived, confirmed by the provider; or, with a method, what the user now pays online."""

    method = EnumField(
        PaymentMethod,
        load_default=None,
        allow_none=True,
        metadata={"description": "How the user pays now; left out, a bank transfer that has arrived."},
    )

    amount_fen = FenField(
        minimum=1, load_default=None, metadata={"description": "What arrived, in fen; left out, all that is open."}
    )
    reference = TextField(
        load_default=None,
        allow_none=True,
        max_length=100,
        metadata={"description": "A transfer's reference, which one counts once by; nothing else has one."},
    )

    @validates_schema
    def fitting(self, given: dict[str, Any], **_: Any) -> None:
        """A transfer has a reference, and only a transfer."""
        online = given["method"] in GATEWAY_METHODS
        if online == (given["reference"] is not None):
            raise ValidationError({"reference": [fault("only_transfers" if online else "required")]})


class PaidShortfallSchema(ShortfallSchema):
    """A shortfall, with the payment that was begun."""

    payment = fields.Nested(
        PaymentSchema, required=True, allow_none=True, metadata={"description": "What was begun online, if anything."}
    )


class NewClawbackSchema(Schema):
    """A paid subsidy to be claimed back."""

    payable_id = IdField(load_default=None, metadata={"description": "The payable, or else its source."})
    source = TextField(
        load_default=None, max_length=100, metadata={"description": "What it was for, such as claim:12."}
    )
    amount_fen = FenField(
        required=True, minimum=1, metadata={"description": "How much, at most what was paid, in fen."}
    )
    cause = TextField(required=True, max_length=2000, metadata={"description": "What was found."})
    misconduct = FlagField(
        load_default=False, metadata={"description": "Whether it is put on record as research misconduct (V21)."}
    )
    misconduct_by = IdField(
        load_default=None,
        metadata={"description": "Whose misconduct: payee, user or provider of the order; left out, the payee."},
    )
    sanction_until = DayField(
        load_default=None, metadata={"description": "The last day of the sanction; it blocks new vouchers (V8(2))."}
    )


class RecoverySchema(Schema):
    """Money that came back, or the correction of an entry of it."""

    id = IdField(required=True, metadata={"description": "Its number."})
    amount_fen = SignedFenField(
        required=True, metadata={"description": "The sum, in fen; negative where it takes an entry back."}
    )
    corrects_id = IdField(required=True, allow_none=True, metadata={"description": "The entry it takes back."})
    suspense_id = IdField(
        required=True,
        allow_none=True,
        metadata={
            "description": "The entry in suspense it was seen as on a statement, where it was booked from there."
        },
    )
    reference = TextField(required=True, metadata={"description": "The transfer's reference."})
    recorded_at = InstantField(required=True, metadata={"description": "When it was recorded."})


class NewRecoverySchema(Schema):
    """Money that came back."""

    amount_fen = FenField(required=True, minimum=1, metadata={"description": "The sum, in fen."})
    reference = TextField(required=True, max_length=100, metadata={"description": "The transfer's reference."})


class ClawbackSchema(Schema):
    """A paid subsidy claimed back, linked to the payout it takes back."""

    id = IdField(required=True, metadata={"description": "Its number."})
    payable_id = IdField(required=True, metadata={"description": "The payable that was paid."})
    payee_id = IdField(required=True, metadata={"description": "The organisation that owes it."})
    batch_id = IdField(required=True, metadata={"description": "The batch that paid."})
    line_no = CountField(required=True, metadata={"description": "The line of the batch that paid."})
    amount_fen = FenField(required=True, metadata={"description": "The sum, in fen."})
    recovered_fen = FenField(required=True, metadata={"description": "What came back or was netted, in fen."})
    netting_fen = FenField(
        required=True, metadata={"description": "What is being netted in batches on their way, in fen."}
    )
    written_off_fen = FenField(required=True, metadata={"description": "What was written off, in fen."})
    open_fen = FenField(required=True, metadata={"description": "What is still owed, in fen."})
    cause = TextField(required=True, max_length=2000, metadata={"description": "What was found."})
    misconduct = FlagField(required=True, metadata={"description": "Whether misconduct is on record for it."})
    article = TextField(required=True, metadata={"description": "The article it rests on."})
    state = EnumField(ClawbackState, required=True, metadata={"description": "Whether it is open."})
    opened_at = InstantField(required=True, metadata={"description": "When it was opened."})
    due_on = DayField(
        required=True,
        allow_none=True,
        metadata={"description": "The last day to pay it back; overdue, it stands against new vouchers."},
    )
    occasion = TextField(
        required=True, allow_none=True, metadata={"description": "What it was opened for, such as finding:3."}
    )
    reasons = grounds_field("What it rests on, with the payout it takes back.")


class ClawbackDetailSchema(ClawbackSchema):
    """A clawback with what came back."""

    recoveries = fields.List(
        fields.Nested(RecoverySchema),
        required=True,
        metadata={"description": "Everything that came back, the earliest first."},
    )
