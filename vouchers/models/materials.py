"""What a claim brings: files, and what its invoice says."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import OrganisationDocument
from core.db import Model
from core.files import StoredFile
from core.types import UTC, Enumerated, Fen, identity_key
from vouchers.models.invoices import InvoiceLineMark, InvoiceReading
from vouchers.rules.claims import InvoiceFacts, InvoiceType
from vouchers.rules.invoices.credits import counted_fen


class Material(Model):
    """One file of a claim. A newer one of the same kind takes its place (``live``), the older one is kept.

    ``kind`` is a code of the policy pack's ``materials.kinds``. Where a certified document of the claimant was used
    instead of an upload, ``document_id`` says which; its file, and so its checksum, is this claim's from then on.
    """

    __tablename__ = "claim_material"
    __table_args__ = (Index("ix_claim_material_claim_id", "claim_id"),)

    id: Mapped[int] = identity_key()
    claim_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("claim.id"))
    kind: Mapped[str] = mapped_column(Text)
    file_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    document_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("organisation_document.id"))
    completed_on: Mapped[date | None] = mapped_column(Date)
    live: Mapped[bool] = mapped_column(Boolean, default=True)
    added_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    added_at: Mapped[datetime] = mapped_column(UTC)

    file: Mapped[StoredFile] = relationship(lazy="joined")
    document: Mapped[OrganisationDocument | None] = relationship()
    invoice: Mapped[Invoice | None] = relationship(back_populates="material", lazy="joined")


class Invoice(Model):
    """What an invoice says. A number, and a file, supports one live claim, across all firms and cities (invariant 16).

    ``eligible_fen`` is what its lines that count come to with tax, None where all count; ``credited_fen`` is what
    credit invoices took back.
    """

    __tablename__ = "claim_invoice"
    __table_args__ = (
        Index("uq_claim_invoice_live_number", "number", unique=True, postgresql_where=text("live")),
        Index("uq_claim_invoice_live_claim", "claim_id", unique=True, postgresql_where=text("live")),
        Index("uq_claim_invoice_live_source", "source_sha256", unique=True, postgresql_where=text("live")),
    )

    id: Mapped[int] = identity_key()
    claim_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("claim.id"))
    material_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("claim_material.id"), unique=True)
    number: Mapped[str] = mapped_column(Text)
    type: Mapped[InvoiceType] = mapped_column(Enumerated(InvoiceType))
    seller_uscc: Mapped[str] = mapped_column(Text)
    buyer_uscc: Mapped[str | None] = mapped_column(Text)
    amount_incl_tax_fen: Mapped[int] = mapped_column(Fen)
    issued_on: Mapped[date] = mapped_column(Date)
    live: Mapped[bool] = mapped_column(Boolean, default=True)
    reading_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("invoice_reading.id"))
    source_sha256: Mapped[str | None] = mapped_column(Text)
    eligible_fen: Mapped[int | None] = mapped_column(Fen)
    credited_fen: Mapped[int] = mapped_column(Fen, default=0, server_default="0")

    material: Mapped[Material] = relationship(back_populates="invoice")
    reading: Mapped[InvoiceReading | None] = relationship()
    marks: Mapped[list[InvoiceLineMark]] = relationship(order_by="InvoiceLineMark.id")

    @property
    def counted_fen(self) -> int:
        """What it supports (V12 base)."""
        return counted_fen(
            amount_fen=self.amount_incl_tax_fen, credited_fen=self.credited_fen, eligible_fen=self.eligible_fen
        )

    @property
    def facts(self) -> InvoiceFacts:
        """What it says, as the rules read it."""
        return InvoiceFacts(
            number=self.number,
            type=self.type,
            seller_uscc=self.seller_uscc,
            buyer_uscc=self.buyer_uscc,
            amount_incl_tax_fen=self.amount_incl_tax_fen,
            issued_on=self.issued_on,
        )
