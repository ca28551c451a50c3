"""Stops of payment: a payable that is held out of the batches (V19)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.grounds import Ground
from core.types import UTC, Enumerated, identity_key
from settlement.models.payables import Payable
from settlement.rules.grounds import stop_grounds
from settlement.states import StopState


class PaymentStop(Model):
    """An order of the province not to pay a payable for now. One at a time stands for each payable.

    ``occasion`` names what it was ordered for, opaquely (``inspection:3``); ``ending`` says why it ended.
    """

    __tablename__ = "payment_stop"
    __table_args__ = (
        Index("ix_payment_stop_payable_id", "payable_id"),
        Index("ix_payment_stop_occasion", "occasion"),
        Index("uq_payment_stop_standing", "payable_id", unique=True, postgresql_where=text("state = 'standing'")),
    )

    id: Mapped[int] = identity_key()
    payable_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("payable.id"))
    state: Mapped[StopState] = mapped_column(Enumerated(StopState))
    cause: Mapped[str] = mapped_column(Text)
    occasion: Mapped[str | None] = mapped_column(Text)
    article: Mapped[str] = mapped_column(Text)
    ordered_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    ordered_at: Mapped[datetime] = mapped_column(UTC)
    ended_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UTC)
    ending: Mapped[str | None] = mapped_column(Text)

    payable: Mapped[Payable] = relationship()

    @property
    def reasons(self) -> list[Ground]:
        """What it rests on, and why it ended."""
        return stop_grounds(
            article=self.article,
            amount_fen=self.payable.amount_fen,
            cause=self.cause,
            ordered_on=self.ordered_at,
            state=self.state,
            ended_on=self.ended_at,
            ending=self.ending,
        )
