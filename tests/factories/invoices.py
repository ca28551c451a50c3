"""Invoices of claims, and the credit invoices that take them back."""

from __future__ import annotations

import io
from datetime import date

from accounts.queries import organisation
from core import clock
from core.db import session
from core.permissions import Actor
from tests.factories.accounts import actor_of, make_province
from tests.factories.vouchers import PDF, add_materials, claimant_of, make_claim, submit
from tests.support.invoices import Line, Paper, xml_of
from vouchers.models import Claim, CreditInvoice, InvoiceReading
from vouchers.rules.claims import MaterialKind
from vouchers.rules.invoices.comparing import Typed
from vouchers.rules.invoices.credits import CreditFacts
from vouchers.service import invoices
from vouchers.service.credits import register_credit


def paper_for(claim: Claim, number: str = "26370000000000000001", **other: object) -> Paper:
    """A right invoice for a claim."""
    seller, buyer = organisation(claim.provider_id), organisation(claim.beneficiary_id)
    said = {"seller_name": seller.name, "buyer_name": buyer.name, "issued_on": claim.completed_on, **other}
    return Paper(number=number, seller_uscc=seller.uscc or "", buyer_uscc=buyer.uscc or "", **said)  # type: ignore[arg-type]


def read(claim: Claim, content: bytes, name: str = "发票.xml", actor: Actor | None = None) -> InvoiceReading:
    return invoices.read(
        claim_id=claim.id,
        stream=io.BytesIO(content),
        filename=name,
        actor=actor or claimant_of(claim),
        now=clock.now(),
    )


def take(claim: Claim, content: bytes, name: str = "发票.xml", typed: Typed | None = None) -> None:
    reading = read(claim, content, name)
    invoices.confirm(
        claim_id=claim.id,
        reading_id=reading.id,
        typed=typed or Typed(),
        actor=claimant_of(claim),
        now=clock.now(),
    )
    session().refresh(claim)


def handed_in(*lines: Line, number: str = "26370000000000000001") -> Claim:
    """A submitted claim with an invoice that was read."""
    claim = make_claim()
    add_materials(claim, leave_out=[MaterialKind.INVOICE])
    take(claim, xml_of(paper_for(claim, number, lines=lines or (Line(),))))
    return submit(claim)


def credit(
    number: str = "26370000000000000001",
    amount_fen: int = 10_000_000,
    actor: Actor | None = None,
    own: str = "90",
    issued_on: date | None = None,
) -> CreditInvoice:
    """Register a credit invoice of today, as the province unless told otherwise."""
    return register_credit(
        typed=CreditFacts(
            number=f"2637{own:0>16}",
            original_number=number,
            amount_incl_tax_fen=amount_fen,
            issued_on=issued_on or clock.today(clock.now()),
        ),
        opinion="税务局通报",
        stream=io.BytesIO(PDF),
        filename="红字.pdf",
        actor=actor or actor_of(make_province()),
        now=clock.now(),
    )
