"""Statements of the bank, what they tell of each account, and where two of them do not follow (V17 pay)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.types import UTC, Enumerated, identity_key
from settlement.rules.bank_files.answers import BankFileKind
from settlement.states import GapKind, GapState


class BankStatement(Model):
    """A statement or notification that was taken in for every batch it speaks of. Never changed.

    ``told_count`` payouts had a new outcome; ``suspense_count`` entries matched nothing.
    """

    __tablename__ = "bank_statement"

    id: Mapped[int] = identity_key()
    kind: Mapped[BankFileKind] = mapped_column(Enumerated(BankFileKind))
    sha256: Mapped[str] = mapped_column(Text, unique=True)
    file_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    told_count: Mapped[int] = mapped_column(Integer)
    suspense_count: Mapped[int] = mapped_column(Integer)
    recorded_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime] = mapped_column(UTC)

    accounts: Mapped[list[AccountStatement]] = relationship(order_by="AccountStatement.id", viewonly=True)

    @property
    def gaps(self) -> list[StatementGap]:
        """The gaps before it that nobody explained and nothing closed."""
        return [gap for each in self.accounts for gap in each.gaps if gap.state is GapState.OPEN]

    @property
    def open_gaps(self) -> int:
        """How many those are."""
        return len(self.gaps)


class AccountStatement(Model):
    """What a camt.053 tells of one account: its number and balances, by which it follows another one. Never changed.

    Banks count by ``electronic_no`` or ``legal_no``, anew each year or on and on. Balances are in fen, negative where
    the account is overdrawn. ``content`` is a digest by which the same is known again in another file.
    """

    __tablename__ = "account_statement"

    id: Mapped[int] = identity_key()
    statement_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("bank_statement.id"), index=True)
    line: Mapped[int] = mapped_column(Integer)
    account: Mapped[str] = mapped_column(Text, index=True)
    electronic_no: Mapped[int | None] = mapped_column(BigInteger)
    legal_no: Mapped[int | None] = mapped_column(BigInteger)
    page: Mapped[int] = mapped_column(BigInteger)
    is_last: Mapped[bool] = mapped_column(Boolean)
    day: Mapped[date] = mapped_column(Date)
    made_at: Mapped[datetime | None] = mapped_column(UTC)
    opening_fen: Mapped[int | None] = mapped_column(BigInteger)
    closing_fen: Mapped[int | None] = mapped_column(BigInteger)
    content: Mapped[str] = mapped_column(Text, unique=True)

    gaps: Mapped[list[StatementGap]] = relationship(
        foreign_keys="StatementGap.after_id", order_by="StatementGap.id", viewonly=True
    )

    @property
    def number(self) -> int | None:
        """The number it is counted by."""
        return self.legal_no if self.electronic_no is None else self.electronic_no


class StatementGap(Model):
    """Two statements of an account, one ``before`` and one ``after``, that do not follow each other.

    Where numbers are missing they are ``first_no`` to ``last_no``; where the balance breaks, ``expected_fen`` is the
    closing one before and ``found_fen`` the opening one after. It closes by itself once it is gone; a person may say
    before why nothing is missing (``note``).
    """

    __tablename__ = "statement_gap"
    __table_args__ = (UniqueConstraint("kind", "before_id", "after_id", name="uq_statement_gap_place"),)

    id: Mapped[int] = identity_key()
    account: Mapped[str] = mapped_column(Text, index=True)
    kind: Mapped[GapKind] = mapped_column(Enumerated(GapKind))
    before_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("account_statement.id"))
    after_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("account_statement.id"), index=True)
    first_no: Mapped[int | None] = mapped_column(BigInteger)
    last_no: Mapped[int | None] = mapped_column(BigInteger)
    expected_fen: Mapped[int | None] = mapped_column(BigInteger)
    found_fen: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[GapState] = mapped_column(Enumerated(GapState))
    opened_at: Mapped[datetime] = mapped_column(UTC)
    closed_at: Mapped[datetime | None] = mapped_column(UTC)
    note: Mapped[str | None] = mapped_column(Text)
    explained_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    explained_at: Mapped[datetime | None] = mapped_column(UTC)

    before: Mapped[AccountStatement] = relationship(foreign_keys=[before_id], lazy="joined", innerjoin=True)
    after: Mapped[AccountStatement] = relationship(foreign_keys=[after_id], lazy="joined", innerjoin=True)
