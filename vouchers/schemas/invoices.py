"""Invoices over HTTP: what was read, how it compares, which lines count, and what credit invoices take back."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from core.http import (
    CursorSchema,
    DayField,
    EnumField,
    FenField,
    FlagField,
    IdField,
    InstantField,
    ReasonSchema,
    Schema,
    TextField,
    UploadField,
    grounds_field,
)
from core.http.schemas import MAX_SUM_FEN, fault
from vouchers.rules.claims import InvoiceType
from vouchers.rules.invoices.comparing import Concern, Typed
from vouchers.rules.invoices.credits import CreditDecision, CreditEffect, CreditFacts, CreditUndone
from vouchers.rules.invoices.fields import MAX_LINES
from vouchers.rules.invoices.items import LineMark
from vouchers.rules.invoices.reading import InvoiceFormat
from vouchers.schemas.materials import USCC
from vouchers.states import CreditState

MAX_NUMBER = 40


class NewInvoiceReadingSchema(Schema):
    """A file to be read."""

    file = UploadField(
        required=True,
        metadata={
            "description": "The invoice: XML of 数电发票, OFD, PDF, PNG or JPEG. XML is read, others where they can be."
        },
    )


class TypedInvoiceSchema(Schema):
    """What the file does not say. What it does say may be left out; said otherwise, it is refused."""

    invoice_number = TextField(
        max_length=MAX_NUMBER, metadata={"description": "The number; of older invoices code and number together."}
    )
    invoice_type = EnumField(InvoiceType, metadata={"description": "What kind of paper it is."})
    seller_uscc = TextField(validate=USCC, metadata={"description": "The seller's code."})
    buyer_uscc = TextField(validate=USCC, metadata={"description": "The buyer's code, where it has one."})
    amount_incl_tax_fen = FenField(metadata={"description": "The sum with tax (价税合计), in fen."})
    issued_on = DayField(metadata={"description": "The date of the invoice."})


def typed_of(given: dict[str, Any]) -> Typed:
    """The fields of the form as the rules take them."""
    names = {"invoice_number": "number", "invoice_type": "type"}
    return Typed(**{names.get(name, name): value for name, value in given.items()})


class InvoiceLineSchema(Schema):
    """One line, and whether it counts."""

    line_no = IdField(required=True, metadata={"description": "Its place on the invoice, from 1."})
    name = TextField(required=True, attribute="line.name", metadata={"description": "What was sold."})
    specification = TextField(
        required=True, allow_none=True, attribute="line.specification", metadata={"description": "Specification."}
    )
    unit = TextField(required=True, allow_none=True, attribute="line.unit", metadata={"description": "Unit."})
    quantity = TextField(
        required=True, allow_none=True, attribute="line.quantity", metadata={"description": "Quantity, as written."}
    )
    unit_price = TextField(
        required=True, allow_none=True, attribute="line.unit_price", metadata={"description": "Price, as written."}
    )
    tax_rate = TextField(
        required=True, allow_none=True, attribute="line.tax_rate", metadata={"description": "Tax rate, such as 0.06."}
    )
    amount_fen = FenField(
        required=True,
        minimum=-MAX_SUM_FEN,
        attribute="line.amount_fen",
        metadata={"description": "Sum without tax, in fen; a discount is below zero."},
    )
    tax_fen = FenField(
        required=True, minimum=-MAX_SUM_FEN, attribute="line.tax_fen", metadata={"description": "Tax in fen."}
    )
    eligible = fields.Boolean(required=True, metadata={"description": "Whether it counts (V12 base)."})
    why = TextField(
        required=True,
        allow_none=True,
        attribute="why.zh",
        dump_default=None,
        metadata={"description": "Why not, or why after all."},
    )
    why_en = TextField(
        required=True,
        allow_none=True,
        attribute="why.en",
        dump_default=None,
        metadata={"description": "The same in English where the rule says it; what an officer wrote stays as it is."},
    )


class StatedField(TextField):
    """What a field says, sums in fen and dates as ISO."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else str(value)


class ComparedSchema(Schema):
    """One field beside the order."""

    field = TextField(required=True, metadata={"description": "The field, named as in the form."})
    stated = StatedField(required=True, allow_none=True, metadata={"description": "What the invoice says."})
    expected = StatedField(
        required=True, allow_none=True, metadata={"description": "What the order says; null where it says nothing."}
    )
    agrees = fields.Boolean(required=True, metadata={"description": "Whether nothing is wrong with it."})
    concern = EnumField(
        Concern, required=True, allow_none=True, metadata={"description": "A refusal, or a flag for the reviewer."}
    )
    fault = fields.Nested(
        ReasonSchema, required=True, allow_none=True, metadata={"description": "What is wrong, with its article."}
    )


class SentenceSchema(Schema):
    """A sentence in both languages."""

    zh = TextField(required=True, metadata={"description": "In Chinese."})
    en = TextField(required=True, metadata={"description": "In English."})


class InvoiceReadingSchema(Schema):
    """An invoice as it was read. Reading it is no check at the tax office."""

    id = IdField(required=True, attribute="reading.id", metadata={"description": "Number of the reading."})
    claim_id = IdField(required=True, attribute="claim.id", metadata={"description": "Number of the claim."})
    format = EnumField(
        InvoiceFormat, required=True, attribute="reading.format", metadata={"description": "What kind of file it is."}
    )
    reader_version = TextField(
        required=True, attribute="reading.reader_version", metadata={"description": "Which reader read it."}
    )
    source_sha256 = TextField(
        required=True, attribute="reading.source_sha256", metadata={"description": "Checksum of the file."}
    )
    read_at = InstantField(required=True, attribute="reading.read_at", metadata={"description": "When it was read."})
    invoice = fields.Dict(
        keys=fields.String(),
        required=True,
        allow_none=True,
        attribute="reading.facts",
        metadata={
            "description": "What it says: number, type, parties, date, sums in fen, remark, lines; null where it says "
            "nothing a program can read.",
            "additionalProperties": True,
        },
    )
    compared = fields.List(
        fields.Nested(ComparedSchema), required=True, metadata={"description": "Each field beside the order."}
    )
    lines = fields.List(
        fields.Nested(InvoiceLineSchema), required=True, metadata={"description": "Its lines, and which count."}
    )
    confirmed = fields.Boolean(required=True, metadata={"description": "Whether it supports the claim at present."})
    notice = fields.Nested(
        SentenceSchema, required=True, metadata={"description": "That this is no check at the tax office."}
    )


class InvoiceReadingQuerySchema(CursorSchema):
    """Which readings are wanted."""


class LineMarkSchema(Schema):
    """What the reviewer says of one line."""

    line_no = IdField(required=True, metadata={"description": "The line, from 1."})
    eligible = FlagField(required=True, metadata={"description": "Whether it counts."})
    reason = TextField(required=True, max_length=500, metadata={"description": "Why."})


class LineMarksSchema(Schema):
    """Which lines count."""

    marks = fields.List(
        fields.Nested(LineMarkSchema),
        required=True,
        validate=validate.Length(min=1, max=MAX_LINES, error=fault("length", min=1, max=MAX_LINES)),
        metadata={"description": "One mark a line; lines that are not named stay as they are."},
    )


def marks_of(given: dict[str, Any]) -> list[LineMark]:
    """Marks as the rules take them."""
    return [LineMark(**each) for each in given["marks"]]


class NewCreditInvoiceSchema(Schema):
    """A credit invoice (红字发票). What its file says may be left out."""

    number = TextField(max_length=MAX_NUMBER, metadata={"description": "Its own number."})
    original_number = TextField(
        max_length=MAX_NUMBER, metadata={"description": "The invoice it takes back; of older ones code and number."}
    )
    amount_incl_tax_fen = FenField(metadata={"description": "What it takes back, with tax, above zero."})
    issued_on = DayField(metadata={"description": "Its date."})
    opinion = TextField(required=True, max_length=2000, metadata={"description": "How it became known."})
    file = UploadField(required=True, metadata={"description": "The credit invoice itself."})


def credit_of(given: dict[str, Any]) -> CreditFacts:
    """The typed facts as the rules take them."""
    names = ("number", "original_number", "amount_incl_tax_fen", "issued_on")
    return CreditFacts(**{name: given[name] for name in names if name in given})


class CreditInvoiceSchema(Schema):
    """A registered credit invoice."""

    id = IdField(required=True, metadata={"description": "Number of the entry."})
    state = EnumField(
        CreditState,
        required=True,
        metadata={"description": "Whether it has its effect; one that waits has none until an office takes it."},
    )
    number = TextField(required=True, metadata={"description": "Its own number."})
    original_number = TextField(required=True, metadata={"description": "The invoice it takes back."})
    amount_incl_tax_fen = FenField(
        required=True, maximum=MAX_SUM_FEN, metadata={"description": "What it takes back, with tax."}
    )
    issued_on = DayField(required=True, metadata={"description": "Its date."})
    opinion = TextField(
        required=True,
        allow_none=True,
        max_length=2000,
        metadata={"description": "How it became known, for offices and who entered it."},
    )
    registered_at = InstantField(required=True, metadata={"description": "When it was registered."})
    decided_at = InstantField(
        required=True, allow_none=True, metadata={"description": "When it was taken or rejected, had it to wait."}
    )
    decision = TextField(required=True, allow_none=True, metadata={"description": "What was said with that."})
    effect = EnumField(
        CreditEffect,
        required=True,
        allow_none=True,
        metadata={"description": "What it did; null while it waits and for a claim not in sight."},
    )
    reasons = grounds_field(
        "What taking, rejecting and annulling it rest on, for those told of it; empty before either."
    )
    annulled_at = InstantField(required=True, allow_none=True, metadata={"description": "When it was annulled."})
    annulled_why = TextField(required=True, allow_none=True, metadata={"description": "What was mistaken."})
    undone = EnumField(
        CreditUndone, required=True, allow_none=True, metadata={"description": "What annulling it undid, if in sight."}
    )
    claim_id = IdField(
        required=True, allow_none=True, metadata={"description": "The claim that rested on the invoice, if in sight."}
    )
    excess_fen = FenField(
        required=True,
        allow_none=True,
        metadata={"description": "Of that claim: what is granted beyond what the invoice still supports."},
    )


class CreditInvoiceQuerySchema(CursorSchema):
    """Which credit invoices are wanted."""

    state = EnumField(CreditState, metadata={"description": "Of this state only."})


class CreditDecisionSchema(Schema):
    """What becomes of a credit invoice that waits."""

    decision = EnumField(CreditDecision, required=True, metadata={"description": "Take it or reject it."})
    opinion = TextField(
        required=True, max_length=2000, metadata={"description": "Why; who entered it reads this as well."}
    )
