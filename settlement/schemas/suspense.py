"""Statements and money that matched nothing, as the API shows them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from core.http import (
    CountField,
    CursorSchema,
    DayField,
    EnumField,
    FenField,
    IdField,
    InstantField,
    Schema,
    TextField,
    UploadField,
)
from settlement.rules.bank_files import BankFileKind
from settlement.rules.bank_files.answers import MAX_REASON
from settlement.rules.bank_files.figures import MAX_NUMBER_DIGITS
from settlement.rules.payout_ids import MAX_LENGTH
from settlement.schemas.ledger import SignedFenField
from settlement.states import GapKind, GapState, SuspenseResolution, SuspenseState


class NewBankStatementSchema(Schema):
    """A statement of the bank."""

    file = UploadField(
        required=True,
        metadata={"description": "camt.053 or camt.054; told by the content. It may speak of several batches."},
    )


class StatementNoField(CountField):
    """A number that a bank counts statements or their pages by."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(maximum=10**MAX_NUMBER_DIGITS - 1, **kwargs)


class AccountStatementSchema(Schema):
    """What a statement tells of one account."""

    id = IdField(required=True, metadata={"description": "Its number here."})
    account = TextField(required=True, metadata={"description": "The number of the account."})
    electronic_no = StatementNoField(
        required=True, allow_none=True, metadata={"description": "The bank's electronic number."}
    )
    legal_no = StatementNoField(required=True, allow_none=True, metadata={"description": "The bank's legal number."})
    page = StatementNoField(required=True, metadata={"description": "Which page of it; 1 where it has no others."})
    day = DayField(
        required=True,
        metadata={
            "description": "Its day: that of the closing balance where it has one. A numbered one that began in the"
            " year before has the day it began, since its number is of that year; number 1 has not."
        },
    )
    opening_fen = SignedFenField(
        required=True, allow_none=True, metadata={"description": "The balance before, in fen; negative: overdrawn."}
    )
    closing_fen = SignedFenField(
        required=True, allow_none=True, metadata={"description": "The balance after, in fen; negative: overdrawn."}
    )


class StatementGapQuerySchema(CursorSchema):
    """Which gaps to list."""

    state = EnumField(GapState, metadata={"description": "Only those of this state."})
    account = TextField(metadata={"description": "Only those of this account."})


class GapExplanationSchema(Schema):
    """Why nothing is missing."""

    note = TextField(required=True, max_length=MAX_REASON, metadata={"description": "Why, in own words."})


class StatementGapSchema(Schema):
    """Two statements of an account that do not follow each other."""

    id = IdField(required=True, metadata={"description": "Its number."})
    account = TextField(required=True, metadata={"description": "The number of the account."})
    kind = EnumField(GapKind, required=True, metadata={"description": "Why the one does not follow the other."})
    before = fields.Nested(AccountStatementSchema, required=True, metadata={"description": "The statement before."})
    after = fields.Nested(AccountStatementSchema, required=True, metadata={"description": "The one after."})
    first_no = StatementNoField(required=True, allow_none=True, metadata={"description": "The first number missing."})
    last_no = StatementNoField(required=True, allow_none=True, metadata={"description": "The last number missing."})
    expected_fen = SignedFenField(
        required=True, allow_none=True, metadata={"description": "The closing balance before, in fen."}
    )
    found_fen = SignedFenField(
        required=True, allow_none=True, metadata={"description": "The opening balance after, in fen."}
    )
    state = EnumField(GapState, required=True, metadata={"description": "Where it stands."})
    opened_at = InstantField(required=True, metadata={"description": "Since when it is known."})
    closed_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was gone."})
    note = TextField(required=True, allow_none=True, metadata={"description": "Why nothing is missing, if so."})
    explained_by = IdField(required=True, allow_none=True, metadata={"description": "Who said so."})
    explained_at = InstantField(required=True, allow_none=True, metadata={"description": "When."})


class BankStatementSchema(Schema):
    """What a statement did."""

    id = IdField(required=True, metadata={"description": "Its number."})
    kind = EnumField(BankFileKind, required=True, metadata={"description": "The message it was."})
    sha256 = TextField(required=True, metadata={"description": "SHA-256 of the file, in hex."})
    told_count = CountField(required=True, metadata={"description": "Payouts that had a new outcome."})
    suspense_count = CountField(required=True, metadata={"description": "Entries that matched nothing and wait."})
    accounts = fields.List(
        fields.Nested(AccountStatementSchema),
        required=True,
        metadata={"description": "What it tells of accounts: numbers and balances, where it tells any."},
    )
    open_gaps = CountField(
        required=True, metadata={"description": "Gaps before it that nobody explained and nothing closed."}
    )
    recorded_by = IdField(required=True, metadata={"description": "The user who handed it in."})
    recorded_at = InstantField(required=True, metadata={"description": "When it was taken in."})


class SuspenseQuerySchema(CursorSchema):
    """Which entries to list."""

    state = EnumField(SuspenseState, metadata={"description": "Only those of this state."})
    statement_id = IdField(metadata={"description": "Only those of this statement."})


class ProposalSchema(Schema):
    """What an entry is said to be."""

    resolution = EnumField(SuspenseResolution, required=True, metadata={"description": "What it is."})
    note = TextField(required=True, max_length=MAX_REASON, metadata={"description": "Why, in own words."})
    end_to_end_id = TextField(
        load_default=None,
        allow_none=True,
        max_length=MAX_LENGTH,
        metadata={"description": "The payout that came back, by its end-to-end id; only for payout_return."},
    )
    clawback_id = IdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "The clawback it was paid back for, in whole; only for clawback_recovery."},
    )


class DecliningSchema(Schema):
    """Why it is not so."""

    note = TextField(required=True, max_length=MAX_REASON, metadata={"description": "Why it is not so."})


class SuspenseSchema(Schema):
    """Money on a statement that matched nothing."""

    id = IdField(required=True, metadata={"description": "Its number."})
    statement_id = IdField(required=True, metadata={"description": "The statement."})
    line = CountField(required=True, metadata={"description": "The line of the file it begins on."})
    credit = fields.Boolean(required=True, metadata={"description": "Whether the money came; else it left."})
    amount_fen = FenField(required=True, metadata={"description": "The sum, in fen."})
    value_date = DayField(required=True, metadata={"description": "The bank's date."})
    end_to_end_id = TextField(required=True, metadata={"description": "The name it came with; may be empty."})
    reference = TextField(required=True, metadata={"description": "The bank's own reference; may be empty."})
    party_name = TextField(required=True, metadata={"description": "Who sent or got it; may be empty."})
    party_account = TextField(required=True, metadata={"description": "Their account; may be empty."})
    text = TextField(required=True, metadata={"description": "What the bank says of it; may be empty."})
    state = EnumField(SuspenseState, required=True, metadata={"description": "Where it stands."})
    resolution = EnumField(
        SuspenseResolution, required=True, allow_none=True, metadata={"description": "What it is said to be."}
    )
    note = TextField(required=True, allow_none=True, metadata={"description": "Why, in the words of who said so."})
    payout_name = TextField(required=True, allow_none=True, metadata={"description": "The payout that came back."})
    clawback_id = IdField(
        required=True, allow_none=True, metadata={"description": "The clawback it was paid back for."}
    )
    proposed_by = IdField(required=True, allow_none=True, metadata={"description": "Who said so."})
    proposed_at = InstantField(required=True, allow_none=True, metadata={"description": "When."})
    settled_by = IdField(required=True, allow_none=True, metadata={"description": "Who confirmed it."})
    settled_at = InstantField(required=True, allow_none=True, metadata={"description": "When."})
    recorded_at = InstantField(required=True, metadata={"description": "Since when it waits."})
