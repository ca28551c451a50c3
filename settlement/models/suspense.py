"""Money on statements of the bank that matched nothing (V17 pay)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.types import UTC, Enumerated, Fen, identity_key
from settlement.models.bank_statements import BankStatement
from settlement.states import SuspenseResolution, SuspenseState


class BankSuspense(Model):
    """An entry of a statement that matched nothing, until a person says what it is and another confirms it.

    ``credit``: the money came; else it left. ``fingerprint`` tells the entry again in another file of the same bank.
    What it is said to be (``resolution`` and the rest of the proposal) stands from the proposal on.
    """

    __tablename__ = "bank_suspense"

    id: Mapped[int] = identity_key()
    statement_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("bank_statement.id"), index=True)
    line: Mapped[int] = mapped_column(Integer)
    fingerprint: Mapped[str] = mapped_column(Text, unique=True)
    programme: Mapped[str] = mapped_column(Text)
    credit: Mapped[bool] = mapped_column(Boolean)
    amount_fen: Mapped[int] = mapped_column(Fen)
    value_date: Mapped[date] = mapped_column(Date)
    end_to_end_id: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    party_name: Mapped[str] = mapped_column(Text)
    party_account: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[SuspenseState] = mapped_column(Enumerated(SuspenseState))
    transaction_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("ledger_transaction.id"), unique=True)
    recorded_at: Mapped[datetime] = mapped_column(UTC)
    resolution: Mapped[SuspenseResolution | None] = mapped_column(Enumerated(SuspenseResolution))
    note: Mapped[str | None] = mapped_column(Text)
    payout_name: Mapped[str | None] = mapped_column(Text)
    clawback_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("clawback.id"))
    proposed_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    proposed_at: Mapped[datetime | None] = mapped_column(UTC)
    settled_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    settled_at: Mapped[datetime | None] = mapped_column(UTC)

    statement: Mapped[BankStatement] = relationship()

    @property
    def signed_fen(self) -> int:
        """The sum as the account moved: what left is negative."""
        return self.amount_fen if self.credit else -self.amount_fen
