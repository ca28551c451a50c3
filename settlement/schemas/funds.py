"""Funds as the API shows them."""

from __future__ import annotations

from marshmallow import fields

from core.http import CountField, FenField, IdField, InstantField, Schema, TextField

FIRST_YEAR = 2025
LAST_YEAR = 2199


class NewFundSchema(Schema):
    """A year's appropriation."""

    year = CountField(
        required=True, minimum=FIRST_YEAR, maximum=LAST_YEAR, metadata={"description": "The calendar year."}
    )
    appropriation_fen = FenField(required=True, minimum=1, metadata={"description": "What is appropriated, in fen."})
    reference = TextField(
        required=True, max_length=200, metadata={"description": "The document the appropriation rests on."}
    )
    programme = TextField(
        load_default=None,
        allow_none=True,
        max_length=100,
        metadata={"description": "The programme it pays for; the province's own where it is left out (V6)."},
    )


class NewAppropriationSchema(Schema):
    """Further money for a fund."""

    amount_fen = FenField(required=True, minimum=1, metadata={"description": "What is added, in fen."})
    reference = TextField(
        required=True, max_length=200, metadata={"description": "The document the appropriation rests on."}
    )


class AppropriationSchema(Schema):
    """One sum put into a fund."""

    id = IdField(required=True, metadata={"description": "Its number."})
    amount_fen = FenField(required=True, metadata={"description": "The sum, in fen."})
    reference = TextField(required=True, metadata={"description": "The document it rests on."})
    entered_at = InstantField(required=True, metadata={"description": "When it was entered."})


class FundSchema(Schema):
    """A fund with its sums; appropriation = available + committed + paid."""

    id = IdField(required=True, metadata={"description": "Its number."})
    programme = TextField(required=True, metadata={"description": "The programme it pays for."})
    year = CountField(required=True, metadata={"description": "The calendar year."})
    appropriation_fen = FenField(required=True, metadata={"description": "All appropriations together, in fen."})
    committed_fen = FenField(
        required=True, metadata={"description": "In batches that the bank has not answered, in fen."}
    )
    paid_fen = FenField(required=True, metadata={"description": "Paid, less what was returned or recovered, in fen."})
    available_fen = FenField(required=True, metadata={"description": "What further batches may pay, in fen."})
    due_fen = FenField(
        required=True, metadata={"description": "Confirmed claims of the programme waiting for a batch, in fen."}
    )
    created_at = InstantField(required=True, metadata={"description": "When it was opened."})
    appropriations = fields.List(
        fields.Nested(AppropriationSchema),
        required=True,
        metadata={"description": "Every appropriation, the earliest first."},
    )


class QueueQuerySchema(Schema):
    """Whose queue, and what might be appropriated further."""

    programme = TextField(
        load_default=None,
        allow_none=True,
        max_length=100,
        metadata={"description": "The programme; the province's own where it is left out (V6)."},
    )
    appropriation_fen = FenField(
        load_default=0, metadata={"description": "A further appropriation to reckon with, in fen."}
    )


class ReachSchema(Schema):
    """How far the money of this year reaches into the queue of what is due."""

    available_fen = FenField(required=True, metadata={"description": "What the fund can still pay, in fen."})
    extra_fen = FenField(required=True, metadata={"description": "The further appropriation, in fen."})
    paid_count = CountField(required=True, metadata={"description": "How many it would pay."})
    paid_fen = FenField(required=True, metadata={"description": "Their sum, in fen."})
    waiting_count = CountField(required=True, metadata={"description": "How many would still wait."})
    waiting_fen = FenField(required=True, metadata={"description": "Their sum, in fen."})
    next_fen = FenField(required=True, metadata={"description": "What the first that waits lacks, in fen."})
