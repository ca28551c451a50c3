"""Payables: confirmed claims on their way to the payee."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, SmallInteger, Text, false, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model
from core.types import UTC, Enumerated, Fen, identity_key
from settlement.states import PayableState


class Payable(Model):
    """What the province, or a city programme, owes for one confirmed claim, in the order of confirmation.

    ``queue_no`` is its place (V3). ``source`` names what it is for, opaquely (``claim:12``); an order has at most one
    live payable of each programme. The bank account is a snapshot. ``involved_user_ids`` are those who submitted,
    reviewed and confirmed it and so may neither prepare nor approve its payment (invariant 10). ``paid_fen`` is
    what was paid less what the bank sent back; ``attempts`` how often it stood in a batch. While it
    is ``stopped`` (V19) it is no part of the queue; it keeps its number there.
    """

    __tablename__ = "payable"
    __table_args__ = (
        Index(
            "ix_payable_due",
            "programme",
            "queue_no",
            postgresql_where=text("state = 'due'"),
            postgresql_include=["amount_fen", "confirmed_at"],
        ),
        Index("ix_payable_payee_id_id", "payee_id", "id"),
        Index(
            "uq_payable_live_order", "order_id", "programme", unique=True, postgresql_where=text("state <> 'cancelled'")
        ),
    )

    id: Mapped[int] = identity_key()
    queue_no: Mapped[int] = mapped_column(
        BigInteger, unique=True, server_default=text("nextval('payable_queue_no_seq'::regclass)")
    )
    programme: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text, unique=True)
    order_id: Mapped[int] = mapped_column(BigInteger)
    payee_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("ledger_account.id"))
    amount_fen: Mapped[int] = mapped_column(Fen)
    state: Mapped[PayableState] = mapped_column(Enumerated(PayableState))
    holder_name: Mapped[str] = mapped_column(Text)
    bank_name: Mapped[str] = mapped_column(Text)
    cnaps_code: Mapped[str] = mapped_column(Text)
    account_number: Mapped[str] = mapped_column(Text)
    involved_user_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    confirmed_at: Mapped[datetime] = mapped_column(UTC)
    transaction_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("ledger_transaction.id"))
    batch_id: Mapped[int | None] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    paid_fen: Mapped[int] = mapped_column(Fen, default=0)
    clawed_back_fen: Mapped[int] = mapped_column(Fen, default=0)
    stopped: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
