"""Settlement batches: sealed payouts and lines, the files made of them, and what the bank answered."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.clock import end_of_day
from core.db import Model
from core.grounds import Ground
from core.types import UTC, Enumerated, Fen, identity_key
from settlement.rules.exports import ExportFormat
from settlement.rules.grounds import batch_grounds
from settlement.states import BatchState, PayoutOutcome


class SettlementBatch(Model):
    """One pay run: the prefix of the queue that the fund of the cut-off's year could pay.

    ``paying_account_id`` is the version of the account it pays from; none of before accounts were kept in the database.

    ``gross_fen`` is what its claims come to, ``netted_fen`` what is kept back for clawbacks, ``total_fen`` what the
    banks are told to pay. ``content_sha256`` seals its payouts, lines and nettings in the form of ``seal_version``;
    ``waiting_*`` is what stayed in the queue for want of money at that moment. One batch a programme and cut-off is
    live; a discarded one makes room for the next ``sequence``.
    """

    __tablename__ = "settlement_batch"
    __table_args__ = (
        UniqueConstraint("programme", "cutoff", "sequence"),
        Index(
            "uq_settlement_batch_live",
            "programme",
            "cutoff",
            unique=True,
            postgresql_where=text("state <> 'discarded'"),
        ),
    )

    id: Mapped[int] = identity_key()
    number: Mapped[str] = mapped_column(Text, unique=True)
    programme: Mapped[str] = mapped_column(Text)
    cutoff: Mapped[date] = mapped_column(Date)
    sequence: Mapped[int] = mapped_column(SmallInteger)
    fund_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("fund.id"), index=True)
    state: Mapped[BatchState] = mapped_column(Enumerated(BatchState))
    line_count: Mapped[int] = mapped_column(Integer)
    payout_count: Mapped[int] = mapped_column(Integer)
    gross_fen: Mapped[int] = mapped_column(Fen)
    netted_fen: Mapped[int] = mapped_column(Fen)
    total_fen: Mapped[int] = mapped_column(Fen)
    waiting_count: Mapped[int] = mapped_column(Integer)
    waiting_fen: Mapped[int] = mapped_column(Fen)
    content_sha256: Mapped[str | None] = mapped_column(Text)
    seal_version: Mapped[int] = mapped_column(SmallInteger)
    transaction_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("ledger_transaction.id"), unique=True)
    paying_account_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("paying_account.id"))
    prepared_by: Mapped[int | None] = mapped_column(BigInteger)
    prepared_at: Mapped[datetime] = mapped_column(UTC)
    approved_by: Mapped[int | None] = mapped_column(BigInteger)
    approved_at: Mapped[datetime | None] = mapped_column(UTC)
    exported_at: Mapped[datetime | None] = mapped_column(UTC)
    closed_at: Mapped[datetime | None] = mapped_column(UTC)

    files: Mapped[list[BatchFile]] = relationship(order_by="BatchFile.format", viewonly=True)

    @property
    def is_early(self) -> bool:
        """Whether it was prepared before the day of its cut-off was over, so that it may lack claims of that time."""
        return self.prepared_at < end_of_day(self.cutoff)

    @property
    def concerns(self) -> Mapping[str, Collection[int]]:
        """Its lines, which carry no foreign keys."""
        return {"batch_line.batch_id": [self.id]}

    @property
    def reasons(self) -> list[Ground]:
        """What its approval rests on; nothing before."""
        if self.approved_at is None:
            return []
        return batch_grounds(
            number=self.number,
            cutoff=self.cutoff,
            line_count=self.line_count,
            total_fen=self.total_fen,
            waiting_count=self.waiting_count,
            waiting_fen=self.waiting_fen,
            approved_on=self.approved_at,
        )


class BatchPayout(Model):
    """One payment of a batch to one account of a payee, frozen, with the lines of its claims beneath.

    Its lines are the ``line_count`` from ``first_line_no`` on. ``amount_fen`` is what goes to the bank: the claims'
    ``gross_fen`` less ``netted_fen``, what clawbacks of the payee keep back; where nothing is left no bank hears of
    it. Its ids carry no foreign keys: ``verify`` proves them, as it does for lines.
    """

    __tablename__ = "batch_payout"

    batch_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    payout_no: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    payee_id: Mapped[int] = mapped_column(BigInteger)
    account_id: Mapped[int] = mapped_column(BigInteger)
    holder_name: Mapped[str] = mapped_column(Text)
    bank_name: Mapped[str] = mapped_column(Text)
    cnaps_code: Mapped[str] = mapped_column(Text)
    account_number: Mapped[str] = mapped_column(Text)
    first_line_no: Mapped[int] = mapped_column(Integer)
    line_count: Mapped[int] = mapped_column(Integer)
    gross_fen: Mapped[int] = mapped_column(Fen)
    netted_fen: Mapped[int] = mapped_column(Fen)
    amount_fen: Mapped[int] = mapped_column(Fen)


class BatchNetting(Model):
    """What a payout keeps back for one open clawback of its payee. Never changed.

    It holds while the payout is on its way, is final once that was paid, and is undone when it fails, comes back or
    its batch is discarded.
    """

    __tablename__ = "batch_netting"
    __table_args__ = (
        ForeignKeyConstraint(
            ["batch_id", "payout_no"],
            ["batch_payout.batch_id", "batch_payout.payout_no"],
            name="fk_batch_netting_payout",
        ),
        Index("ix_batch_netting_clawback_id", "clawback_id"),
    )

    batch_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    payout_no: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    clawback_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("clawback.id"), primary_key=True, autoincrement=False
    )
    amount_fen: Mapped[int] = mapped_column(Fen)


class BatchLine(Model):
    """One claim of a batch beneath its payout, frozen. Triggers refuse every change and any line after the seal.

    ``(payable_id, attempt)`` is unique: a payable stands in a batch once for each time it was due. Its ids
    carry no foreign keys: they would triple the cost of a large batch, and ``verify`` proves them instead.
    """

    __tablename__ = "batch_line"
    __table_args__ = (UniqueConstraint("payable_id", "attempt"),)

    batch_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    line_no: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    payout_no: Mapped[int] = mapped_column(Integer)
    payable_id: Mapped[int] = mapped_column(BigInteger)
    attempt: Mapped[int] = mapped_column(SmallInteger)
    source: Mapped[str] = mapped_column(Text)
    order_id: Mapped[int] = mapped_column(BigInteger)
    amount_fen: Mapped[int] = mapped_column(Fen)


class BatchFile(Model):
    """A file made of a batch. Never changed."""

    __tablename__ = "batch_file"
    __table_args__ = (UniqueConstraint("batch_id", "format"),)

    id: Mapped[int] = identity_key()
    batch_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("settlement_batch.id"))
    format: Mapped[ExportFormat] = mapped_column(Enumerated(ExportFormat))
    file_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    sha256: Mapped[str] = mapped_column(Text)
    line_count: Mapped[int] = mapped_column(Integer)
    control_sum_fen: Mapped[int] = mapped_column(Fen)
    created_by: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UTC)


class BankReturn(Model):
    """One file of outcomes from the bank, taken in whole or not at all, or money in suspense that persons matched.

    Never changed; ``part`` counts within the batch.

    Its ledger transactions carry the source ``bank_return:<id>``.
    """

    __tablename__ = "bank_return"
    __table_args__ = (
        UniqueConstraint("batch_id", "part"),
        Index(
            "uq_bank_return_batch_id_sha256",
            "batch_id",
            "sha256",
            unique=True,
            postgresql_where=text("suspense_id IS NULL"),
        ),
        Index("uq_bank_return_suspense_id", "suspense_id", unique=True),
    )

    id: Mapped[int] = identity_key()
    batch_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("settlement_batch.id"))
    part: Mapped[int] = mapped_column(SmallInteger)
    sha256: Mapped[str] = mapped_column(Text)
    file_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    suspense_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("bank_suspense.id"))
    paid_count: Mapped[int] = mapped_column(Integer)
    paid_fen: Mapped[int] = mapped_column(Fen)
    failed_count: Mapped[int] = mapped_column(Integer)
    failed_fen: Mapped[int] = mapped_column(Fen)
    returned_count: Mapped[int] = mapped_column(Integer)
    returned_fen: Mapped[int] = mapped_column(Fen)
    recorded_by: Mapped[int | None] = mapped_column(BigInteger)
    recorded_at: Mapped[datetime] = mapped_column(UTC)


class BankReturnLine(Model):
    """What one bank return says of one payout, and so of every claim beneath it. Never changed.

    A payout has one first outcome; ``late`` marks the return of money that an earlier file had reported paid.
    """

    __tablename__ = "bank_return_line"
    __table_args__ = (UniqueConstraint("batch_id", "payout_no", "late"),)

    bank_return_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    payout_no: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    batch_id: Mapped[int] = mapped_column(BigInteger)
    outcome: Mapped[PayoutOutcome] = mapped_column(Enumerated(PayoutOutcome))
    late: Mapped[bool] = mapped_column(Boolean)
    amount_fen: Mapped[int] = mapped_column(Fen)
    reason: Mapped[str] = mapped_column(Text)
    value_date: Mapped[date] = mapped_column(Date)
