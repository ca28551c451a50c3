"""Batches, their lines and the bank's answers as the API shows them."""

from __future__ import annotations

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
    grounds_field,
)
from core.workdays import YearStatus
from settlement.rules.bank_files import BankFileKind
from settlement.rules.exports import ExportFormat
from settlement.schemas.funds import FIRST_YEAR, LAST_YEAR
from settlement.schemas.outcomes import OutcomeSchema
from settlement.states import BatchState, PayoutOutcome


class NewBatchSchema(Schema):
    """The cut-off to settle."""

    cutoff = DayField(
        required=True,
        metadata={"description": "Claims confirmed by the end of this day; at latest the next scheduled cut-off."},
    )
    programme = TextField(
        load_default=None,
        allow_none=True,
        max_length=100,
        metadata={"description": "Whose fund pays; the province's own where it is left out (V6)."},
    )


class BatchQuerySchema(CursorSchema):
    """Which batches to list."""

    state = EnumField(BatchState, metadata={"description": "Only those of this state."})
    cutoff = DayField(metadata={"description": "Only those of this cut-off."})
    programme = TextField(max_length=100, metadata={"description": "Only those of this programme."})


class BatchFileSchema(Schema):
    """A file made of a batch."""

    format = EnumField(ExportFormat, required=True, metadata={"description": "Its format."})
    sha256 = TextField(required=True, metadata={"description": "SHA-256 of its bytes, in hex."})
    line_count = CountField(required=True, metadata={"description": "How many payouts it names."})
    control_sum_fen = FenField(required=True, metadata={"description": "Their sum, in fen."})
    created_at = InstantField(required=True, metadata={"description": "When it was made."})


class BatchSchema(Schema):
    """One pay run."""

    id = IdField(required=True, metadata={"description": "Its number in addresses."})
    number = TextField(required=True, metadata={"description": "Its number as people write it."})
    programme = TextField(required=True, metadata={"description": "The programme it pays for."})
    cutoff = DayField(required=True, metadata={"description": "The cut-off."})
    state = EnumField(BatchState, required=True, metadata={"description": "Where it stands."})
    fund_id = IdField(required=True, metadata={"description": "The fund that pays."})
    line_count = CountField(required=True, metadata={"description": "How many claims it has."})
    payout_count = CountField(required=True, metadata={"description": "How many payouts they make, one an account."})
    gross_fen = FenField(required=True, metadata={"description": "The sum of the claims, in fen."})
    netted_fen = FenField(
        required=True,
        metadata={"description": "What is kept back of it for clawbacks of the same payees (V21), in fen."},
    )
    total_fen = FenField(required=True, metadata={"description": "What the banks are told to pay, in fen."})
    waiting_count = CountField(
        required=True, metadata={"description": "How many due payables the fund could not pay when it was prepared."}
    )
    waiting_fen = FenField(required=True, metadata={"description": "Their sum, in fen."})
    content_sha256 = TextField(
        required=True,
        metadata={"description": "The seal: SHA-256 over the SHA-256 of each record's JSON array, in hex."},
    )
    prepared_by = IdField(
        required=True, allow_none=True, metadata={"description": "The user who prepared it; null for the worker."}
    )
    prepared_at = InstantField(required=True, metadata={"description": "When it was prepared."})
    approved_by = IdField(required=True, allow_none=True, metadata={"description": "The user who approved it."})
    approved_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was approved."})
    exported_at = InstantField(
        required=True, allow_none=True, metadata={"description": "When its files were first made."}
    )
    closed_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was closed."})
    reasons = grounds_field("What its approval rests on; empty before.")
    files = fields.List(
        fields.Nested(BatchFileSchema), required=True, metadata={"description": "The files made of it."}
    )


class LineQuerySchema(CursorSchema):
    """Which claims of a batch to list."""

    payout_no = CountField(metadata={"description": "Only those of this payout."})


class NettingSchema(Schema):
    """What a payout keeps back for one clawback."""

    clawback_id = IdField(required=True, metadata={"description": "The clawback."})
    amount_fen = FenField(required=True, metadata={"description": "The sum, in fen."})


class BatchPayoutSchema(Schema):
    """One payment to one account of a payee, frozen."""

    payout_no = CountField(
        required=True, attribute="payout.payout_no", metadata={"description": "Its number in the batch."}
    )
    end_to_end_id = TextField(required=True, metadata={"description": "What banks call it in what they answer."})
    payee_id = IdField(required=True, attribute="payout.payee_id", metadata={"description": "The organisation paid."})
    holder_name = TextField(
        required=True, attribute="payout.holder_name", metadata={"description": "Holder of the account."}
    )
    bank_name = TextField(required=True, attribute="payout.bank_name", metadata={"description": "The bank."})
    cnaps_code = TextField(required=True, attribute="payout.cnaps_code", metadata={"description": "The bank's 联行号."})
    account_number = TextField(
        required=True, attribute="payout.account_number", metadata={"description": "The account."}
    )
    line_count = CountField(
        required=True, attribute="payout.line_count", metadata={"description": "How many claims stand beneath it."}
    )
    gross_fen = FenField(
        required=True, attribute="payout.gross_fen", metadata={"description": "The sum of these, in fen."}
    )
    netted_fen = FenField(
        required=True, attribute="payout.netted_fen", metadata={"description": "What clawbacks keep back, in fen."}
    )
    amount_fen = FenField(
        required=True,
        attribute="payout.amount_fen",
        metadata={"description": "What goes to the bank, in fen; of 0 no bank hears."},
    )
    nettings = fields.List(
        fields.Nested(NettingSchema), required=True, metadata={"description": "The clawbacks it is netted against."}
    )
    said = fields.Nested(OutcomeSchema, required=True, metadata={"description": "What was said last of it."})


class BatchLineSchema(Schema):
    """One claim of a batch, frozen."""

    line_no = CountField(required=True, attribute="line.line_no", metadata={"description": "Its number in the batch."})
    payable_id = IdField(required=True, attribute="line.payable_id", metadata={"description": "The payable."})
    attempt = CountField(
        required=True,
        attribute="line.attempt",
        metadata={"description": "1 for the payable's first batch, 2 for its second, and so on."},
    )
    source = TextField(
        required=True, attribute="line.source", metadata={"description": "What it is for, such as claim:12."}
    )
    order_id = IdField(required=True, attribute="line.order_id", metadata={"description": "The order."})
    payout_no = CountField(
        required=True, attribute="line.payout_no", metadata={"description": "The payout it stands beneath."}
    )
    payee_id = IdField(required=True, attribute="payout.payee_id", metadata={"description": "The organisation paid."})
    account_number = TextField(
        required=True, attribute="payout.account_number", metadata={"description": "The account paid to."}
    )
    amount_fen = FenField(required=True, attribute="line.amount_fen", metadata={"description": "The sum, in fen."})
    said = fields.Nested(
        OutcomeSchema, required=True, metadata={"description": "What was said last of the payout above it."}
    )


class ExportQuerySchema(Schema):
    """Which file to fetch."""

    format = TextField(
        required=True,
        max_length=40,
        metadata={
            "description": "xlsx and treasury (XML) for the treasury, csv and pain.001 for the bank, pdf for people."
        },
    )


class NewBankReturnSchema(Schema):
    """The bank's answer."""

    file = UploadField(
        required=True,
        metadata={
            "description": "CSV or XLSX (UTF-8 or GB18030) with the columns payout_no or end_to_end_id, "
            "account_number, amount (yuan), status (paid, failed, returned), reason, value_date, or with a bank's own "
            "headings; or pain.002, camt.054 or camt.053 of ISO 20022."
        },
    )


class ToldSchema(Schema):
    """A new outcome of a payout."""

    line = CountField(required=True, metadata={"description": "The line of the file."})
    payout_no = CountField(required=True, metadata={"description": "The payout's number in the batch."})
    amount_fen = FenField(required=True, metadata={"description": "Its sum, in fen."})
    outcome = EnumField(PayoutOutcome, required=True, metadata={"description": "What the bank says of it."})
    late = fields.Boolean(required=True, metadata={"description": "Whether it had been reported paid before."})
    reason = TextField(required=True, metadata={"description": "The bank's reason; empty where it was paid."})
    value_date = DayField(required=True, metadata={"description": "The bank's date."})


class BankReturnPreviewSchema(Schema):
    """What a bank's file would do."""

    kind = EnumField(BankFileKind, required=True, metadata={"description": "What the file is, by its content."})
    told = fields.List(fields.Nested(ToldSchema), required=True, metadata={"description": "New outcomes."})
    known_count = CountField(required=True, metadata={"description": "Payouts it says nothing new of."})
    undecided_count = CountField(required=True, metadata={"description": "Payouts the bank still works on."})


class BankReturnSchema(Schema):
    """What one file of the bank said."""

    id = IdField(required=True, metadata={"description": "Its number."})
    batch_id = IdField(required=True, metadata={"description": "The batch."})
    part = CountField(required=True, metadata={"description": "1 for the batch's first, 2 for its second, and so on."})
    sha256 = TextField(required=True, metadata={"description": "SHA-256 of the file, in hex."})
    paid_count = CountField(required=True, metadata={"description": "Payouts that arrived."})
    paid_fen = FenField(required=True, metadata={"description": "Their sum, in fen."})
    failed_count = CountField(required=True, metadata={"description": "Payouts that never left."})
    failed_fen = FenField(required=True, metadata={"description": "Their sum, in fen."})
    returned_count = CountField(required=True, metadata={"description": "Payouts that came back."})
    returned_fen = FenField(required=True, metadata={"description": "Their sum, in fen."})
    recorded_by = IdField(required=True, allow_none=True, metadata={"description": "The user who handed it in."})
    recorded_at = InstantField(required=True, metadata={"description": "When it was taken in."})


class CutoffQuerySchema(Schema):
    """Which year's cut-offs to list."""

    year = CountField(
        required=True, minimum=FIRST_YEAR, maximum=LAST_YEAR, metadata={"description": "The calendar year."}
    )


class CutoffSchema(Schema):
    """One scheduled cut-off."""

    nominal = DayField(required=True, metadata={"description": "The day the policy names."})
    day = DayField(required=True, metadata={"description": "The working day it falls on."})
    status = EnumField(
        YearStatus,
        required=True,
        metadata={"description": "provisional while the official calendar of its year is not published."},
    )
    reason = TextField(
        required=True,
        allow_none=True,
        metadata={"description": "Why a person put it on another day than the policy's; null where nobody did."},
    )


class CutoffChangeSchema(Schema):
    """A cut-off on another day."""

    nominal = DayField(required=True, metadata={"description": "The cut-off, by the day the policy names."})
    day = DayField(required=True, metadata={"description": "A working day between the cut-offs before and after."})
    reason = TextField(required=True, max_length=500, attribute="why", metadata={"description": "Why it is put there."})
