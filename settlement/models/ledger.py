"""The ledger: accounts with bounds, and transactions and postings that are only ever added."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model
from core.types import UTC, Enumerated, Fen, identity_key
from settlement.rules.chart import AccountKind, Book, Layer, Phase, TransactionKind


class LedgerAccount(Model):
    """One account. A CHECK keeps ``posted_fen + pending_fen`` within the row's own bounds (None: unbounded).

    ``party_id`` and ``counterparty_id`` are the organisations that may read it, where it belongs to any.
    """

    __tablename__ = "ledger_account"
    __table_args__ = (UniqueConstraint("kind", "owner", "year"),)

    id: Mapped[int] = identity_key()
    book: Mapped[Book] = mapped_column(Enumerated(Book))
    kind: Mapped[AccountKind] = mapped_column(Enumerated(AccountKind))
    owner: Mapped[str] = mapped_column(Text)
    year: Mapped[int] = mapped_column(SmallInteger)
    posted_fen: Mapped[int] = mapped_column(Fen, default=0)
    pending_fen: Mapped[int] = mapped_column(Fen, default=0)
    min_fen: Mapped[int | None] = mapped_column(Fen)
    max_fen: Mapped[int | None] = mapped_column(Fen)
    party_id: Mapped[int | None] = mapped_column(BigInteger)
    counterparty_id: Mapped[int | None] = mapped_column(BigInteger)

    @property
    def balance_fen(self) -> int:
        """Posted and pending together."""
        return self.posted_fen + self.pending_fen


class LedgerTransaction(Model):
    """Why postings were made.

    ``resolves_id`` names the pending transaction it settles, ``reverses_id`` the one it undoes.

    A pending transaction is resolved whole (``part`` 0) and once, or in numbered parts (a batch, by its bank returns).
    ``data`` holds what the sums rest on, such as the cap in force.
    """

    __tablename__ = "ledger_transaction"
    __table_args__ = (
        Index(
            "uq_ledger_transaction_resolves_id_part",
            "resolves_id",
            "part",
            unique=True,
            postgresql_where=text("resolves_id IS NOT NULL"),
        ),
        Index("ix_ledger_transaction_order_id", "order_id", postgresql_where=text("order_id IS NOT NULL")),
        Index(
            "ix_ledger_transaction_reverses_id",
            "reverses_id",
            postgresql_where=text("reverses_id IS NOT NULL"),
        ),
        Index("ix_ledger_transaction_source", "source"),
    )

    id: Mapped[int] = identity_key()
    kind: Mapped[TransactionKind] = mapped_column(Enumerated(TransactionKind))
    phase: Mapped[Phase] = mapped_column(Enumerated(Phase))
    resolves_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("ledger_transaction.id"))
    part: Mapped[int] = mapped_column(SmallInteger, default=0)
    reverses_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("ledger_transaction.id"))
    order_id: Mapped[int | None] = mapped_column(BigInteger)
    source: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UTC)
    actor_user_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_role: Mapped[str] = mapped_column(Text)
    article: Mapped[str | None] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)


class LedgerPosting(Model):
    """One amount on one account, debit positive."""

    __tablename__ = "ledger_posting"
    __table_args__ = (
        Index("ix_ledger_posting_account_id_id", "account_id", "id"),
        Index("ix_ledger_posting_transaction_id", "transaction_id"),
    )

    id: Mapped[int] = identity_key()
    transaction_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("ledger_transaction.id"))
    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("ledger_account.id"))
    layer: Mapped[Layer] = mapped_column(Enumerated(Layer))
    amount_fen: Mapped[int] = mapped_column(Fen)
