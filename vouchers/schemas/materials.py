"""Shapes of what a claim is proved with: files, certified documents, the invoice."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from core.http import DayField, EnumField, FenField, IdField, InstantField, Schema, TextField, UploadField
from core.http.schemas import fault
from vouchers.rules.claims import InvoiceFacts, InvoiceType

USCC = validate.Regexp("^[0-9A-Z]{18}$", error=fault("uscc"))
KIND = validate.Regexp("^[a-z][a-z0-9_]{0,59}$", error=fault("kind_code"))


class NewClaimMaterialSchema(Schema):
    """The form fields of a material. The six invoice fields belong to `kind=invoice` and are all needed there."""

    kind = TextField(
        required=True,
        validate=KIND,
        metadata={
            "description": "What the file proves: a code of the policy's `materials.kinds`, such as service_contract, "
            "invoice, result_proof, innovation_relevance_proof or other."
        },
    )
    completed_on = DayField(
        metadata={"description": "For `result_proof`: the date on it, which must be the order's completion date."}
    )
    invoice_number = TextField(max_length=40, metadata={"description": "The invoice's number."})
    invoice_type = EnumField(InvoiceType, metadata={"description": "Only tax invoices support a claim (V13)."})
    seller_uscc = TextField(validate=USCC, metadata={"description": "The seller's code: the provider's."})
    buyer_uscc = TextField(
        validate=USCC,
        metadata={
            "description": "The buyer's code: the user's. For a team its incubator's; leave it out where the invoice "
            "names the team's members."
        },
    )
    amount_incl_tax_fen = FenField(metadata={"description": "The sum with tax (价税合计), in fen."})
    issued_on = DayField(metadata={"description": "The date of the invoice."})
    file = UploadField(
        required=True, metadata={"description": "The file: PDF, PNG, JPEG, OFD or XML; its content decides."}
    )


class CertifiedMaterialSchema(Schema):
    """A certified document instead of an upload."""

    document_id = IdField(
        required=True,
        metadata={"description": "A certified document of the claimant, or of the team for which it hands in."},
    )


def invoice_of(given: dict[str, Any]) -> InvoiceFacts | None:
    """The invoice facts of a material's form, or None where they are not all there."""
    needed = ("invoice_number", "invoice_type", "seller_uscc", "amount_incl_tax_fen", "issued_on")
    if any(name not in given for name in needed):
        return None
    return InvoiceFacts(
        number=given["invoice_number"].upper(),
        type=given["invoice_type"],
        seller_uscc=given["seller_uscc"],
        buyer_uscc=given.get("buyer_uscc"),
        amount_incl_tax_fen=given["amount_incl_tax_fen"],
        issued_on=given["issued_on"],
    )


class ClaimInvoiceSchema(Schema):
    """What an invoice says."""

    number = TextField(required=True, metadata={"description": "The invoice's number."})
    type = EnumField(InvoiceType, required=True, metadata={"description": "What kind of paper it is."})
    seller_uscc = TextField(required=True, metadata={"description": "The seller's code."})
    buyer_uscc = TextField(required=True, allow_none=True, metadata={"description": "The buyer's code, if any."})
    amount_incl_tax_fen = FenField(required=True, metadata={"description": "The sum with tax, in fen."})
    issued_on = DayField(required=True, metadata={"description": "The date of the invoice."})
    live = fields.Boolean(required=True, metadata={"description": "Whether it supports the claim at present."})
    credited_fen = FenField(required=True, metadata={"description": "What credit invoices took back of it."})
    counted_fen = FenField(
        required=True, metadata={"description": "What it still supports: its lines that count, less what was credited."}
    )


class ClaimMaterialSchema(Schema):
    """A file of a claim."""

    id = IdField(required=True, metadata={"description": "Number of the material."})
    kind = TextField(required=True, metadata={"description": "What it proves, as a code of the policy."})
    filename = TextField(required=True, attribute="file.filename", metadata={"description": "Name of the file."})
    media_type = TextField(required=True, attribute="file.media_type", metadata={"description": "By its content."})
    size_bytes = FenField(required=True, attribute="file.size_bytes", metadata={"description": "Its size."})
    sha256 = TextField(required=True, attribute="file.sha256", metadata={"description": "Its checksum."})
    document_id = IdField(
        required=True,
        allow_none=True,
        metadata={"description": "The certified document that was used instead of an upload, if one was."},
    )
    completed_on = DayField(
        required=True, allow_none=True, metadata={"description": "The date on a result proof, where stated."}
    )
    live = fields.Boolean(required=True, metadata={"description": "False once a newer one took its place."})
    added_at = InstantField(required=True, metadata={"description": "When it was added."})
    invoice = fields.Nested(
        ClaimInvoiceSchema, required=True, allow_none=True, metadata={"description": "What it says, of an invoice."}
    )
