"""Credit invoices (红字发票), registered by officials from their file or by hand."""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO

from sqlalchemy import select

from core import audit, clock
from core.db import require_transaction, transaction
from core.errors import Conflict, Forbidden, reason, refuse_all
from core.files import read_upload, store_upload
from core.permissions import Actor, authorise
from vouchers.models import CreditInvoice
from vouchers.permissions import may_register_credits
from vouchers.rules.claims import INVOICE
from vouchers.rules.invoices.credits import CreditFacts, credit_facts
from vouchers.rules.invoices.reading import read_invoice
from vouchers.steps.credits import CreditRefused, require_in_sight, take_back
from vouchers.steps.invoices import lock_invoice


class CreditKnown(Conflict):
    """This credit invoice is registered already."""

    code = "credit_known"


def register_credit(
    *,
    typed: CreditFacts,
    opinion: str,
    stream: BinaryIO,
    filename: str,
    actor: Actor,
    now: datetime,
) -> CreditInvoice:
    """Register a credit invoice with its document; the claim that rests on the invoice it takes back follows at once.

    A bureau registers those of its own city's claims, the province any. ``typed`` fills in what the file does not say.
    Raises ``CreditRefused``, ``CreditUnmatched``, :class:`CreditKnown` and whatever core.files.read_upload refuses.
    """
    with transaction() as current:
        authorise(actor, may_register_credits)
        if actor.user_id is None or actor.organisation_id is None:
            raise Forbidden
        upload = read_upload(stream, filename=filename)
        reading = read_invoice(upload.content, upload.media_type)
        facts, faults = credit_facts(typed, reading.invoice, today=clock.today(now))
        refuse_all([*reading.faults, *faults], error=CreditRefused)
        number, original = facts.number or "", facts.original_number or ""
        amount_fen = facts.amount_incl_tax_fen or 0
        require_in_sight(original, actor=actor)
        lock_invoice(number)
        _require_new(number)
        met = take_back(
            original,
            amount_fen,
            issued_on=facts.issued_on,
            credit=number,
            opinion=opinion,
            actor=actor,
            now=now,
        )
        file = store_upload(upload, owner_id=actor.organisation_id, now=now)
        registered = CreditInvoice(
            number=number,
            original_number=original,
            amount_incl_tax_fen=amount_fen,
            issued_on=facts.issued_on,
            opinion=opinion,
            file_id=file.id,
            claim_id=None if met.claim is None else met.claim.id,
            effect=met.effect,
            registered_by=actor.user_id,
            registered_by_organisation=actor.organisation_id,
            registered_at=now,
        )
        current.add(registered)
        data = {"number": number, "original_number": original, "amount_fen": amount_fen, "effect": met.effect}
        audit.record(actor=actor, now=now, action="register_credit", subject=registered, data=data)
        return registered


def _require_new(number: str) -> None:
    known = select(CreditInvoice.id).where(CreditInvoice.number == number)
    if require_transaction().scalar(known) is not None:
        because = reason("credit_known", article=INVOICE, field="number", number=number)
        raise CreditKnown(number=number, reasons=[because])
