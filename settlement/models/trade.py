"""What user and provider owe each other for an order: charges, payments, shortfalls."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model
from core.types import UTC, Enumerated, Fen, identity_key
from settlement.rules.methods import PaymentMethod, PaymentPurpose
from settlement.states import PaymentState, ShortfallState


class OrderCharge(Model):
    """Who pays whom for an order: the user's own part and the part deducted for the subsidy (0 in full payment)."""

    __tablename__ = "order_charge"

    id: Mapped[int] = identity_key()
    order_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"), index=True)
    provider_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"), index=True)
    self_pay_fen: Mapped[int] = mapped_column(Fen)
    subsidy_fen: Mapped[int] = mapped_column(Fen)
    charged_at: Mapped[datetime] = mapped_column(UTC)


class Payment(Model):
    """Money from a user to a provider, for an order or for a shortfall of it.

    ``reference`` is the bank's, or what the gateway knows the attempt by; unique within the order and method, so that
    one transfer counts once. One attempt at a time is under way for the same thing. ``corrects_id`` is the entry it
    was made in place of, which is reversed.
    """

    __tablename__ = "payment"
    __table_args__ = (
        Index(
            "uq_payment_reference",
            "order_id",
            "method",
            "reference",
            unique=True,
            postgresql_where=text("state <> 'corrected'"),
        ),
        Index("ix_payment_shortfall_id", "shortfall_id"),
        Index("ix_payment_payer_id_id", "payer_id", "id"),
        Index("ix_payment_payee_id_id", "payee_id", "id"),
        Index(
            "uq_payment_attempt",
            "order_id",
            "purpose",
            unique=True,
            postgresql_where=text("method <> 'bank_transfer' AND state IN ('created', 'unknown', 'held')"),
        ),
    )

    id: Mapped[int] = identity_key()
    order_id: Mapped[int] = mapped_column(BigInteger)
    purpose: Mapped[PaymentPurpose] = mapped_column(Enumerated(PaymentPurpose))
    shortfall_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("shortfall.id"))
    payer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    payee_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    method: Mapped[PaymentMethod] = mapped_column(Enumerated(PaymentMethod))
    reference: Mapped[str] = mapped_column(Text)
    amount_fen: Mapped[int] = mapped_column(Fen)
    refunded_fen: Mapped[int] = mapped_column(Fen, default=0)
    state: Mapped[PaymentState] = mapped_column(Enumerated(PaymentState))
    transaction_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("ledger_transaction.id"), unique=True)
    corrects_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("payment.id"), unique=True)
    recorded_by: Mapped[int | None] = mapped_column(BigInteger)
    recorded_at: Mapped[datetime] = mapped_column(UTC)


class Shortfall(Model):
    """The refused part of a deducted sum, which the user owes the provider (V16(1)).

    ``due_on`` is when the next part of its plan is due; None where it is due in one sum, at once.
    """

    __tablename__ = "shortfall"
    __table_args__ = (
        Index("ix_shortfall_debtor_id_state", "debtor_id", "state"),
        Index("ix_shortfall_creditor_id", "creditor_id"),
    )

    id: Mapped[int] = identity_key()
    order_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    debtor_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    creditor_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    amount_fen: Mapped[int] = mapped_column(Fen)
    paid_fen: Mapped[int] = mapped_column(Fen, default=0)
    written_off_fen: Mapped[int] = mapped_column(Fen, default=0, server_default=text("0"))
    article: Mapped[str] = mapped_column(Text)
    state: Mapped[ShortfallState] = mapped_column(Enumerated(ShortfallState))
    transaction_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("ledger_transaction.id"), unique=True)
    opened_at: Mapped[datetime] = mapped_column(UTC)
    due_on: Mapped[date | None] = mapped_column(Date)

    @property
    def open_fen(self) -> int:
        """What is still owed."""
        return self.amount_fen - self.paid_fen - self.written_off_fen
