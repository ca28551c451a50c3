"""Invoices: read and shown, confirmed by the claimant, judged line by line.

Nothing here asks the tax office: what is read is what the file says (ADR 0091).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import BinaryIO

from core import audit, clock
from core.db import transaction
from core.errors import Reason, Refused, reason, refuse_all
from core.files import read_upload
from core.permissions import Actor, authorise
from core.states import StateForbids, state_refusal
from vouchers.models import Claim, InvoiceReading, Material
from vouchers.permissions import may_review
from vouchers.queries.claims import find_claim
from vouchers.queries.invoices import compared_facts, find_reading
from vouchers.rules.claims import MaterialKind
from vouchers.rules.invoices.comparing import Typed, completed, refusals
from vouchers.rules.invoices.facts import ReadInvoice
from vouchers.rules.invoices.items import BASE, LineMark
from vouchers.rules.invoices.reading import read_invoice
from vouchers.service.reviews import require_decider
from vouchers.states import CLAIM, OPEN_FOR_MATERIALS, ClaimState
from vouchers.steps.base import worth_fen
from vouchers.steps.guards import MaterialsClosed, require_claimant
from vouchers.steps.invoices import InvoiceRefused, keep_reading, put_invoice, put_marks
from vouchers.steps.materials import put_material

_REVIEWED = (ClaimState.SUBMITTED, ClaimState.SENT_BACK)


class InvoiceUnreadable(Refused):
    """The file is no invoice, or says less than one must; every fault is named."""

    code = "invoice_unreadable"


class LinesRefused(Refused):
    """These lines cannot be marked like this; every fault is named."""

    code = "lines_refused"


class LinesClosed(StateForbids):
    """Lines are marked while the city reviews the claim."""

    code = "lines_closed"


def read(*, claim_id: int, stream: BinaryIO, filename: str, actor: Actor, now: datetime) -> InvoiceReading:
    """Read an invoice for a draft or returned claim and keep what was read; the claim does not change yet.

    A PDF, a picture or an OFD may say nothing: then people read it. An XML must be an invoice. Raises
    :class:`MaterialsClosed`, :class:`InvoiceUnreadable` and whatever core.files.read_upload refuses.
    """
    with transaction() as current:
        claim = find_claim(claim_id, actor=actor, lock=True)
        require_claimant(actor, claim)
        _require_open(claim)
        upload = read_upload(stream, filename=filename)
        reading = read_invoice(upload.content, upload.media_type)
        refuse_all(reading.faults, error=InvoiceUnreadable)
        kept = keep_reading(claim, upload, reading, actor=actor, now=now)
        current.flush()
        return kept


def confirm(*, claim_id: int, reading_id: int, typed: Typed, actor: Actor, now: datetime) -> Material:
    """The claimant confirms what was read: the invoice becomes the claim's, with its file.

    ``typed`` fills in what the file does not say; where it says otherwise, the conflict is named. Raises
    :class:`MaterialsClosed`, :class:`InvoiceRefused`, InvoiceTaken and InvoiceCredited.
    """
    with transaction() as current:
        claim = find_claim(claim_id, actor=actor, lock=True)
        require_claimant(actor, claim)
        _require_open(claim)
        reading = find_reading(claim, reading_id)
        facts, faults = completed(typed, reading.invoice or ReadInvoice())
        refuse_all(faults, error=InvoiceRefused)
        compared = compared_facts(claim, facts, reading, today=clock.today(now))
        refuse_all(refusals(compared), error=InvoiceRefused)
        material = put_material(claim, kind=MaterialKind.INVOICE.value, file=reading.file, actor=actor, now=now)
        put_invoice(claim, material, facts, reading=reading, now=now)
        current.refresh(material)
        return material


def mark_lines(*, claim_id: int, marks: Sequence[LineMark], actor: Actor, now: datetime) -> Claim:
    """The reviewer says which lines count (V12 base); the last mark of a line holds, and the approval settles by it.

    Until then nothing falls, so that a wrong mark can be undone. Raises :class:`LinesClosed` and
    :class:`LinesRefused`.
    """
    with transaction():
        claim = find_claim(claim_id, actor=actor, lock=True)
        authorise(actor, may_review, claim)
        if claim.state not in _REVIEWED:
            raise state_refusal(claim.state, "mark_lines", transitions=CLAIM, error=LinesClosed)
        require_decider(claim, claim.submitted_by, actor=actor, now=now)
        invoice = claim.invoice
        read = None if invoice is None or invoice.reading is None else invoice.reading.invoice
        if invoice is None or read is None or not read.lines:
            raise LinesRefused(reasons=[reason("no_lines_read", article=BASE)])
        refuse_all(_mark_faults(marks, lines=len(read.lines)), error=LinesRefused)
        put_marks(invoice, list(marks), marked_by=actor.user_id, now=now)
        said = [{"line_no": each.line_no, "eligible": each.eligible} for each in marks]
        data = {"invoice_id": invoice.id, "marks": said, "worth_fen": worth_fen(claim)}
        audit.record(actor=actor, now=now, action="mark_lines", subject=claim, data=data)
        return claim


def _require_open(claim: Claim) -> None:
    if claim.state not in OPEN_FOR_MATERIALS:
        raise state_refusal(claim.state, "add_material", transitions=CLAIM, error=MaterialsClosed)


def _mark_faults(marks: Sequence[LineMark], *, lines: int) -> list[Reason]:
    faults = [
        reason("line_unknown", article=BASE, field="marks", line=mark.line_no)
        for mark in marks
        if not 0 < mark.line_no <= lines
    ]
    if len({mark.line_no for mark in marks}) < len(marks):
        faults.append(reason("line_twice", article=BASE, field="marks"))
    return faults
