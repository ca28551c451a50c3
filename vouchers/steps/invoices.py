"""Invoices in a claim: one number and one file support one live claim, and what was credited supports none."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import func, select

from core import audit, clock, policy
from core.db import require_transaction
from core.errors import Conflict, Refused, reason, refuse_all
from core.files import Upload, store_upload
from core.permissions import Actor
from core.turns import queue_for
from vouchers.models import Claim, CreditInvoice, Invoice, InvoiceLineMark, InvoiceReading, Material
from vouchers.queries.invoices import compared_with
from vouchers.rules.claims import InvoiceFacts, MaterialKind
from vouchers.rules.invoices.comparing import Typed, completed, contradictions, refusals
from vouchers.rules.invoices.facts import ReadInvoice
from vouchers.rules.invoices.items import LineMark, default_marks, eligible_fen, item_policy, standing
from vouchers.rules.invoices.numbers import INVOICE, canonical_number, number_faults
from vouchers.rules.invoices.reading import READER_VERSION, Reading, read_invoice
from vouchers.states import CreditState
from vouchers.steps.materials import put_material


class InvoiceTaken(Conflict):
    """This invoice supports another claim already."""

    code = "invoice_taken"


class InvoiceCredited(Conflict):
    """A credit invoice took all of this invoice back."""

    code = "invoice_credited"
    article = "V13"


class InvoiceRefused(Refused):
    """The invoice cannot support this claim; every ground is named."""

    code = "invoice_refused"


def take_typed(claim: Claim, upload: Upload, facts: InvoiceFacts, *, actor: Actor, now: datetime) -> Material:
    """An invoice whose facts were typed with the upload: what its file says is read too, and held against them.

    A file that says nothing is read by people; one that contradicts itself, or an XML that is no invoice, is refused.
    Raises :class:`InvoiceRefused`, :class:`InvoiceTaken` and :class:`InvoiceCredited`.
    """
    reading = read_invoice(upload.content, upload.media_type)
    read = reading.invoice or ReadInvoice()
    # What the file says goes before what was typed: else a typing error would be named twice.
    said, _ = completed(Typed(**asdict(facts)), read)
    against = refusals(compared_with(claim, said, read, today=clock.today(now)))
    refuse_all([*reading.faults, *contradictions(facts, read), *against], error=InvoiceRefused)
    kept = None
    if reading.invoice is not None:
        kept = keep_reading(claim, upload, reading, actor=actor, now=now)
    file = store_upload(upload, owner_id=claim.claimant_id, now=now) if kept is None else kept.file
    material = put_material(claim, kind=MaterialKind.INVOICE.value, file=file, actor=actor, now=now)
    put_invoice(claim, material, facts, reading=kept, now=now)
    return material


def keep_reading(claim: Claim, upload: Upload, reading: Reading, *, actor: Actor, now: datetime) -> InvoiceReading:
    """Keep a file and what was read of it, with the reader that read it."""
    stored = store_upload(upload, owner_id=claim.claimant_id, now=now)
    kept = InvoiceReading(
        claim_id=claim.id,
        file=stored,
        source_sha256=stored.sha256,
        format=reading.format,
        reader_version=READER_VERSION,
        facts=None if reading.invoice is None else reading.invoice.as_json(),
        read_by=actor.user_id,
        read_at=now,
    )
    require_transaction().add(kept)
    data = {"sha256": stored.sha256, "format": reading.format, "read": reading.invoice is not None}
    audit.record(actor=actor, now=now, action="read_invoice", subject=kept, data={"claim_id": claim.id, **data})
    return kept


def put_invoice(
    claim: Claim, material: Material, facts: InvoiceFacts, *, reading: InvoiceReading | None, now: datetime
) -> Invoice:
    """Record what the invoice of a locked claim says; lines that never count by their category are marked.

    Raises :class:`InvoiceRefused`, :class:`InvoiceTaken` and :class:`InvoiceCredited`.
    """
    current = require_transaction()
    refuse_all(number_faults(facts.number, field="invoice_number"), error=InvoiceRefused)
    number = canonical_number(facts.number) or facts.number
    sha256 = material.file.sha256
    # Two claimants with the same invoice wait for each other here, so that the second is told and not the index.
    for name in sorted((number, sha256)):
        lock_invoice(name)
    taken = select(Invoice.id).where((Invoice.number == number) | (Invoice.source_sha256 == sha256), Invoice.live)
    if current.scalar(taken) is not None:
        because = reason("invoice_taken", article=INVOICE, field="invoice_number", number=number)
        raise InvoiceTaken(number=number, reasons=[because])
    credited_fen = credited(number)
    if credited_fen >= facts.amount_incl_tax_fen > 0:
        raise InvoiceCredited(number=number)
    invoice = Invoice(
        claim_id=claim.id,
        material_id=material.id,
        number=number,
        type=facts.type,
        seller_uscc=facts.seller_uscc,
        buyer_uscc=facts.buyer_uscc,
        amount_incl_tax_fen=facts.amount_incl_tax_fen,
        issued_on=facts.issued_on,
        live=True,
        reading_id=None if reading is None else reading.id,
        source_sha256=sha256,
        credited_fen=credited_fen,
    )
    current.add(invoice)
    current.flush()
    read = None if reading is None else reading.invoice
    if read is not None:
        items = item_policy(policy.current().at(clock.today(now)))
        put_marks(invoice, default_marks(read.lines, policy=items), marked_by=None, now=now)
    return invoice


def put_marks(invoice: Invoice, marks: list[LineMark], *, marked_by: int | None, now: datetime) -> None:
    """Add marks to an invoice that was read, and take what its counting lines come to."""
    current = require_transaction()
    for mark in marks:
        invoice.marks.append(
            InvoiceLineMark(
                line_no=mark.line_no,
                eligible=mark.eligible,
                reason=mark.reason,
                marked_by=marked_by,
                marked_at=now,
            )
        )
    current.flush()
    read = None if invoice.reading is None else invoice.reading.invoice
    if read is not None:
        invoice.eligible_fen = eligible_fen(read.lines, excluded_lines(invoice))


def excluded_lines(invoice: Invoice) -> frozenset[int]:
    """Lines that do not count at present."""
    marks = standing([each.mark for each in invoice.marks])
    return frozenset(number for number, mark in marks.items() if not mark.eligible)


def credited(number: str) -> int:
    """What credit invoices took back of a number, in fen."""
    found = select(func.coalesce(func.sum(CreditInvoice.amount_incl_tax_fen), 0)).where(
        CreditInvoice.original_number == number, CreditInvoice.state == CreditState.IN_FORCE
    )
    return int(require_transaction().scalar(found) or 0)


def lock_invoice(name: str) -> None:
    """Keep everybody else from a number, or a file's checksum, until the transaction ends."""
    queue_for(f"invoice {name}")
