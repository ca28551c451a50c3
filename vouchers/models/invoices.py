"""Invoices as they were read, which lines count, and credit invoices that take them back. Only ever added."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.files import StoredFile
from core.types import UTC, Enumerated, Fen, identity_key
from vouchers.rules.invoices.credits import CreditEffect, CreditUndone
from vouchers.rules.invoices.facts import ReadInvoice, invoice_from
from vouchers.rules.invoices.items import LineMark
from vouchers.rules.invoices.reading import InvoiceFormat
from vouchers.states import CreditState


class InvoiceReading(Model):
    """What a version of the reader made of a file, before anybody confirmed it. ``facts`` is None where people read."""

    __tablename__ = "invoice_reading"
    __table_args__ = (Index("ix_invoice_reading_claim_id", "claim_id"),)

    id: Mapped[int] = identity_key()
    claim_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("claim.id"))
    file_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    source_sha256: Mapped[str] = mapped_column(Text)
    format: Mapped[InvoiceFormat] = mapped_column(Enumerated(InvoiceFormat))
    reader_version: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    read_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    read_at: Mapped[datetime] = mapped_column(UTC)

    file: Mapped[StoredFile] = relationship(lazy="joined")

    @property
    def invoice(self) -> ReadInvoice | None:
        """What was read, as the rules take it."""
        return None if self.facts is None else invoice_from(self.facts)


class InvoiceLineMark(Model):
    """Whether a line of an invoice (from 1) counts (V12 base). ``marked_by`` is None where the rule said so, and
    ``reason`` is its tax category then; the last mark of a line holds."""

    __tablename__ = "invoice_line_mark"
    __table_args__ = (Index("ix_invoice_line_mark_invoice_id", "invoice_id"),)

    id: Mapped[int] = identity_key()
    invoice_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("claim_invoice.id"))
    line_no: Mapped[int] = mapped_column(Integer)
    eligible: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str] = mapped_column(Text)
    marked_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    marked_at: Mapped[datetime] = mapped_column(UTC)

    @property
    def mark(self) -> LineMark:
        """The same as the rules take it."""
        return LineMark(self.line_no, self.eligible, self.reason, by_rule=self.marked_by is None)


class CreditInvoice(Model):
    """A credit invoice (红字发票): it takes back ``amount_incl_tax_fen`` of the invoice with ``original_number``.

    ``effect`` is what it did to the claim that rested on that invoice when it came into force, at once or once a notice
    was taken (``decided_*``); ``undone`` what became of that when it was annulled. What it says never changes.
    """

    __tablename__ = "credit_invoice"
    __table_args__ = (
        Index("ix_credit_invoice_original_number", "original_number"),
        Index("uq_credit_invoice_number", "number", unique=True, postgresql_where=text("state = 'in_force'")),
        Index(
            "uq_credit_invoice_waiting",
            "number",
            "registered_by_organisation",
            unique=True,
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[int] = identity_key()
    number: Mapped[str] = mapped_column(Text)
    original_number: Mapped[str] = mapped_column(Text)
    amount_incl_tax_fen: Mapped[int] = mapped_column(Fen)
    issued_on: Mapped[date] = mapped_column(Date)
    opinion: Mapped[str] = mapped_column(Text)
    file_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    claim_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("claim.id"))
    state: Mapped[CreditState] = mapped_column(Enumerated(CreditState))
    effect: Mapped[CreditEffect | None] = mapped_column(Enumerated(CreditEffect))
    registered_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    registered_by_organisation: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    registered_at: Mapped[datetime] = mapped_column(UTC)
    decided_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTC)
    decision: Mapped[str | None] = mapped_column(Text)
    annulled_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    annulled_at: Mapped[datetime | None] = mapped_column(UTC)
    annulled_why: Mapped[str | None] = mapped_column(Text)
    undone: Mapped[CreditUndone | None] = mapped_column(Enumerated(CreditUndone))

    file: Mapped[StoredFile | None] = relationship()
