"""Clawbacks: paid subsidy that must come back (V19, V21)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.grounds import Ground
from core.types import UTC, Enumerated, Fen, identity_key
from settlement.models.batches import SettlementBatch
from settlement.rules.grounds import clawback_grounds
from settlement.states import ClawbackState


class Clawback(Model):
    """A claim of the province against a payee, linked to the payout it takes back.

    ``recovered_fen`` came back, as money or netted against what the payee was paid; ``netting_fen`` is being netted in
    batches whose payouts are on their way.
    ``due_on`` is the last day to pay it back, None for those opened before there was a term; ``occasion`` names what
    it was opened for, opaquely (``finding:3``).
    """

    __tablename__ = "clawback"
    __table_args__ = (
        Index("ix_clawback_payee_id_id", "payee_id", "id"),
        Index("ix_clawback_occasion", "occasion"),
    )

    id: Mapped[int] = identity_key()
    payable_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("payable.id"), index=True)
    payee_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    batch_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("settlement_batch.id"))
    line_no: Mapped[int] = mapped_column(Integer)
    amount_fen: Mapped[int] = mapped_column(Fen)
    recovered_fen: Mapped[int] = mapped_column(Fen, default=0)
    netting_fen: Mapped[int] = mapped_column(Fen, default=0, server_default=text("0"))
    written_off_fen: Mapped[int] = mapped_column(Fen, default=0, server_default=text("0"))
    cause: Mapped[str] = mapped_column(Text)
    misconduct: Mapped[bool] = mapped_column(Boolean)
    article: Mapped[str] = mapped_column(Text)
    state: Mapped[ClawbackState] = mapped_column(Enumerated(ClawbackState))
    transaction_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("ledger_transaction.id"), unique=True)
    opened_by: Mapped[int | None] = mapped_column(BigInteger)
    opened_at: Mapped[datetime] = mapped_column(UTC)
    due_on: Mapped[date | None] = mapped_column(Date)
    occasion: Mapped[str | None] = mapped_column(Text)

    batch: Mapped[SettlementBatch] = relationship(lazy="joined", innerjoin=True)
    recoveries: Mapped[list[Recovery]] = relationship(order_by="Recovery.id", viewonly=True)

    @property
    def open_fen(self) -> int:
        """What has not come back yet and is still wanted."""
        return self.amount_fen - self.recovered_fen - self.written_off_fen

    @property
    def payable_back_fen(self) -> int:
        """What is open and not being netted at this moment."""
        return self.open_fen - self.netting_fen

    @property
    def reasons(self) -> list[Ground]:
        """What it rests on."""
        return clawback_grounds(
            article=self.article,
            amount_fen=self.amount_fen,
            batch=self.batch.number,
            line_no=self.line_no,
            cause=self.cause,
            opened_on=self.opened_at,
            due_on=self.due_on,
            misconduct=self.misconduct,
        )


class Recovery(Model):
    """Money that came back for a clawback; negative where it corrects one (``corrects_id``). Never changed.

    ``suspense_id`` is the entry of a statement that it was seen as, where two persons booked it from there.
    """

    __tablename__ = "recovery"

    id: Mapped[int] = identity_key()
    clawback_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("clawback.id"), index=True)
    corrects_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("recovery.id"), unique=True)
    suspense_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("bank_suspense.id"), unique=True)
    amount_fen: Mapped[int] = mapped_column(Fen)
    reference: Mapped[str] = mapped_column(Text)
    transaction_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("ledger_transaction.id"), unique=True)
    recorded_by: Mapped[int | None] = mapped_column(BigInteger)
    recorded_at: Mapped[datetime] = mapped_column(UTC)
