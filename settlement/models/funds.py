"""Funds: what the province appropriated for a year (V3)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, SmallInteger, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model
from core.types import UTC, Fen, identity_key


class Fund(Model):
    """The money of one programme and year; its balance is that of its ledger account."""

    __tablename__ = "fund"
    __table_args__ = (UniqueConstraint("programme", "year"),)

    id: Mapped[int] = identity_key()
    programme: Mapped[str] = mapped_column(Text)
    year: Mapped[int] = mapped_column(SmallInteger)
    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("ledger_account.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTC)


class Appropriation(Model):
    """One sum put into a fund, with the document it rests on. Never changed."""

    __tablename__ = "appropriation"

    id: Mapped[int] = identity_key()
    fund_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("fund.id"), index=True)
    amount_fen: Mapped[int] = mapped_column(Fen)
    reference: Mapped[str] = mapped_column(Text)
    transaction_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("ledger_transaction.id"), unique=True)
    entered_by: Mapped[int | None] = mapped_column(BigInteger)
    entered_at: Mapped[datetime] = mapped_column(UTC)
