"""Ledger accounts as the API shows them."""

from __future__ import annotations

from marshmallow import fields

from core.http import CountField, EnumField, FenField, IdField, InstantField, Schema, TextField
from core.http.schemas import MAX_ID
from settlement.rules.chart import AccountKind, Book, Layer, Phase, TransactionKind


class SignedFenField(FenField):
    """Money in fen, debit positive."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(minimum=-MAX_ID, maximum=MAX_ID, **kwargs)


class PostingSchema(Schema):
    """One posting and why it was made."""

    id = IdField(required=True, metadata={"description": "Its number."})
    transaction_id = IdField(required=True, metadata={"description": "The transaction that made it."})
    year = CountField(required=True, metadata={"description": "The account's year; 0 where it has none."})
    kind = EnumField(TransactionKind, required=True, metadata={"description": "Why it was made."})
    phase = EnumField(
        Phase, required=True, metadata={"description": "Whether the transaction opens, posts or voids something."}
    )
    layer = EnumField(Layer, required=True, metadata={"description": "The balance it moves."})
    amount_fen = SignedFenField(required=True, metadata={"description": "By how much, in fen, debit positive."})
    source = TextField(required=True, metadata={"description": "What it is for, such as order:3 or claim:12."})
    order_id = IdField(required=True, allow_none=True, metadata={"description": "The order, where there is one."})
    resolves_id = IdField(
        required=True, allow_none=True, metadata={"description": "The pending transaction it resolves."}
    )
    reverses_id = IdField(required=True, allow_none=True, metadata={"description": "The transaction it reverses."})
    article = TextField(required=True, allow_none=True, metadata={"description": "The article it rests on."})
    at = InstantField(required=True, metadata={"description": "When it was made."})


class LedgerAccountSchema(Schema):
    """An account with its balances, and a page of its postings."""

    book = EnumField(Book, required=True, metadata={"description": "The book it stands in."})
    kind = EnumField(AccountKind, required=True, metadata={"description": "What it counts."})
    owner = TextField(required=True, metadata={"description": "Whose it is."})
    year = CountField(
        required=True,
        allow_none=True,
        metadata={"description": "Its year; null where it has none or several are taken together."},
    )
    posted_fen = SignedFenField(required=True, metadata={"description": "What is final, in fen."})
    pending_fen = SignedFenField(required=True, metadata={"description": "What is held or on its way, in fen."})
    balance_fen = SignedFenField(required=True, metadata={"description": "Both together, in fen."})
    min_fen = SignedFenField(
        required=True, allow_none=True, metadata={"description": "The least the balance may be, in fen."}
    )
    max_fen = SignedFenField(
        required=True, allow_none=True, metadata={"description": "The most the balance may be, in fen."}
    )
    items = fields.List(
        fields.Nested(PostingSchema),
        required=True,
        metadata={
            "description": "Postings, the earliest first; of a controller's cap only for those who read all money."
        },
    )
    next_cursor = TextField(
        required=True,
        allow_none=True,
        metadata={"description": "Give it as cursor to get the next postings; null at the end."},
    )
