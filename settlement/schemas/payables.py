"""Payables as the API shows them."""

from __future__ import annotations

from marshmallow import fields

from core.http import (
    CountField,
    CursorSchema,
    EnumField,
    FenField,
    FlagField,
    IdField,
    InstantField,
    ReasonSchema,
    Schema,
    TextField,
)
from settlement.schemas.outcomes import OutcomeSchema
from settlement.states import PayableState


class PayableQuerySchema(CursorSchema):
    """Which payables to list."""

    state = EnumField(PayableState, metadata={"description": "Only those of this state."})
    order_id = IdField(metadata={"description": "Only those of this order."})
    programme = TextField(max_length=100, metadata={"description": "Only those that this programme pays."})


class QueuePlaceSchema(Schema):
    """Where a due payable stands in the queue."""

    ahead_count = CountField(required=True, metadata={"description": "How many are before it."})
    ahead_fen = FenField(required=True, metadata={"description": "How much is before it, in fen."})
    fund_year = CountField(required=True, metadata={"description": "The year whose fund it is judged by."})
    available_fen = FenField(required=True, metadata={"description": "What that fund has left, in fen."})
    waiting = fields.Nested(
        ReasonSchema,
        required=True,
        allow_none=True,
        attribute="waiting_shown",
        metadata={"description": "Why the money does not reach it; null where the next batch can pay it (V3)."},
    )


class PayableSchema(Schema):
    """A confirmed claim on its way to the payee's account."""

    id = IdField(required=True, attribute="payable.id", metadata={"description": "Its number."})
    queue_no = CountField(
        required=True,
        maximum=2**53,
        attribute="payable.queue_no",
        metadata={"description": "Its place in the order of confirmation; the lower is paid first."},
    )
    source = TextField(
        required=True, attribute="payable.source", metadata={"description": "What it is for, such as claim:12."}
    )
    programme = TextField(
        required=True, attribute="payable.programme", metadata={"description": "The programme that pays it (V6)."}
    )
    order_id = IdField(required=True, attribute="payable.order_id", metadata={"description": "The order."})
    payee_id = IdField(
        required=True, attribute="payable.payee_id", metadata={"description": "The organisation to be paid."}
    )
    amount_fen = FenField(
        required=True, attribute="payable.amount_fen", metadata={"description": "The confirmed sum, in fen."}
    )
    state = EnumField(
        PayableState, required=True, attribute="payable.state", metadata={"description": "Where it stands."}
    )
    confirmed_at = InstantField(
        required=True, attribute="payable.confirmed_at", metadata={"description": "When it was confirmed."}
    )
    batch_id = IdField(
        required=True,
        allow_none=True,
        attribute="payable.batch_id",
        metadata={"description": "The batch it stands in or was last paid by; null while it is due."},
    )
    attempts = CountField(
        required=True, attribute="payable.attempts", metadata={"description": "How often it stood in a batch."}
    )
    paid_fen = FenField(
        required=True,
        attribute="payable.paid_fen",
        metadata={"description": "Paid, less what the bank returned, in fen."},
    )
    clawed_back_fen = FenField(
        required=True, attribute="payable.clawed_back_fen", metadata={"description": "Clawed back of it, in fen."}
    )
    holder_name = TextField(
        required=True, attribute="payable.holder_name", metadata={"description": "Holder of the account."}
    )
    bank_name = TextField(required=True, attribute="payable.bank_name", metadata={"description": "The bank."})
    cnaps_code = TextField(
        required=True, attribute="payable.cnaps_code", metadata={"description": "The bank's 联行号."}
    )
    account_number = TextField(
        required=True, metadata={"description": "The account; masked for all but the payee and finance."}
    )
    stopped = FlagField(
        required=True,
        attribute="payable.stopped",
        metadata={"description": "Whether a stop of payment holds it out of the batches (V19)."},
    )
    place = fields.Nested(
        QueuePlaceSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Its place in the queue; null where it is not due."},
    )


class PayoutSchema(OutcomeSchema):
    """One time the payable stood in a batch."""

    batch_id = IdField(required=True, metadata={"description": "The batch."})
    line_no = CountField(required=True, metadata={"description": "The line of the batch."})
    payout_no = CountField(required=True, metadata={"description": "The payout it stood beneath."})
    netted_fen = FenField(
        required=True,
        metadata={"description": "What that payout, with all its claims, keeps back for clawbacks (V21), in fen."},
    )


class PayableDetailSchema(PayableSchema):
    """A payable with every attempt to pay it."""

    payouts = fields.List(
        fields.Nested(PayoutSchema),
        required=True,
        metadata={"description": "Every line of a batch it stood in, the earliest first."},
    )


class CorrectionSchema(Schema):
    """Why a failed or returned payable may be paid again."""

    note = TextField(required=True, max_length=500, metadata={"description": "What was found and corrected."})
