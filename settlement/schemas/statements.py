"""Statements and the trial balance as the API shows them."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from core.http import CountField, CursorSchema, DayField, EnumField, Schema, TextField
from core.http.schemas import fault
from settlement.rules.chart import AccountKind, Book, Layer
from settlement.schemas.ledger import PostingSchema, SignedFenField


class PeriodSchema(Schema):
    """The days of a statement, and which accounts it is of."""

    since = DayField(load_default=None, metadata={"description": "The first day; left out, New Year of the last."})
    until = DayField(load_default=None, metadata={"description": "The last day; left out, today."})
    book = EnumField(Book, load_default=None, metadata={"description": "Only this book."})
    kind = EnumField(AccountKind, load_default=None, metadata={"description": "Only accounts of this kind."})

    @validates_schema
    def in_order(self, given: dict[str, Any], **_: Any) -> None:
        """A period does not end before it begins."""
        if given["since"] and given["until"] and given["until"] < given["since"]:
            raise ValidationError({"until": [fault("ends_before")]})


class StatementQuerySchema(PeriodSchema, CursorSchema):
    """The days of a statement, and where a page of its lines begins."""


class StatementFileQuerySchema(PeriodSchema):
    """The days of a statement, and the file it is wanted as."""

    format = TextField(required=True, max_length=40, metadata={"description": "xlsx or pdf."})


class TrialQuerySchema(Schema):
    """The day of a trial balance."""

    on = DayField(load_default=None, metadata={"description": "The day it is of, to its end; left out, today."})


class SectionSchema(Schema):
    """All accounts of one kind and layer: opening + debit - credit = closing."""

    book = EnumField(Book, required=True, metadata={"description": "The book."})
    kind = EnumField(AccountKind, required=True, metadata={"description": "What the accounts count."})
    layer = EnumField(Layer, required=True, metadata={"description": "Which of the two balances."})
    opening_fen = SignedFenField(required=True, metadata={"description": "Before the first day, in fen."})
    debit_fen = SignedFenField(required=True, metadata={"description": "All debits of the period, in fen."})
    credit_fen = SignedFenField(required=True, metadata={"description": "All credits of the period, in fen."})
    closing_fen = SignedFenField(required=True, metadata={"description": "After the last day, in fen."})
    count = CountField(required=True, metadata={"description": "How many lines."})


class StatementLineSchema(PostingSchema):
    """A line of a statement: a posting, its account, and the page of what it is about."""

    account_kind = EnumField(AccountKind, required=True, metadata={"description": "The kind of its account."})
    owner = TextField(required=True, metadata={"description": "Whose account."})
    link = TextField(required=True, metadata={"description": "The page of what it is about, else of its account."})


class StatementSchema(Schema):
    """A statement of account with a page of its lines."""

    party = TextField(required=True, metadata={"description": "Whose: organisation:12, city:371700 or province."})
    since = DayField(required=True, metadata={"description": "The first day."})
    until = DayField(required=True, metadata={"description": "The last day."})
    sections = fields.List(
        fields.Nested(SectionSchema), required=True, metadata={"description": "The sums of each kind of account."}
    )
    items = fields.List(
        fields.Nested(StatementLineSchema), required=True, metadata={"description": "The lines, the earliest first."}
    )
    next_cursor = TextField(
        required=True,
        allow_none=True,
        metadata={"description": "Give it as cursor to get the next lines; null at the end."},
    )


class TrialTotalSchema(Schema):
    """A book and layer as a whole."""

    book = EnumField(Book, required=True, metadata={"description": "The book."})
    layer = EnumField(Layer, required=True, metadata={"description": "Which of the two balances."})
    debit_fen = SignedFenField(required=True, metadata={"description": "All debits, in fen."})
    credit_fen = SignedFenField(required=True, metadata={"description": "All credits, in fen; as much."})


class TrialBalanceSchema(Schema):
    """What stands in each book at the end of a day."""

    on = DayField(required=True, metadata={"description": "The day."})
    accounts = fields.List(
        fields.Nested(SectionSchema), required=True, metadata={"description": "Every kind of account and layer."}
    )
    totals = fields.List(
        fields.Nested(TrialTotalSchema), required=True, metadata={"description": "Every book and layer."}
    )
