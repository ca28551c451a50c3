"""What is known of payments at the gateway: attempts, refunds, disputes, providers' accounts, and what it called."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, LargeBinary, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.types import UTC, Enumerated, Fen, identity_key
from settlement.models.trade import Payment
from settlement.rules.gateway import EventSubject
from settlement.states import AccountState, DisputeState, RefundState


class GatewayPayment(Model):
    """The gateway's side of a payment. ``account`` is the provider's there, frozen when the attempt was begun.

    ``first_sent_at`` is when it was first sent, however it ended; ``ask_at`` when the gateway is asked next, null where
    nothing is left to ask. ``held_for`` says what did not fit, ours before theirs. ``flagged_at``: its term is long
    over and there is no outcome, so a person looks after it.
    """

    __tablename__ = "gateway_payment"
    __table_args__ = (
        Index("ix_gateway_payment_ask_at", "ask_at", postgresql_where=text("ask_at IS NOT NULL")),
        Index("uq_gateway_payment_intent_id", "intent_id", unique=True),
        Index("uq_gateway_payment_session_id", "session_id", unique=True),
    )

    payment_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("payment.id"), primary_key=True, autoincrement=False)
    gateway: Mapped[str] = mapped_column(Text)
    account: Mapped[str] = mapped_column(Text)
    return_url: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(UTC)
    intent_id: Mapped[str | None] = mapped_column(Text)
    session_id: Mapped[str | None] = mapped_column(Text)
    charge_id: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str | None] = mapped_column(Text)
    received_fen: Mapped[int] = mapped_column(Fen, default=0)
    failure: Mapped[str | None] = mapped_column(Text)
    next_url: Mapped[str | None] = mapped_column(Text)
    qr_data: Mapped[str | None] = mapped_column(Text)
    first_sent_at: Mapped[datetime | None] = mapped_column(UTC)
    asks: Mapped[int] = mapped_column(SmallInteger, default=0)
    ask_at: Mapped[datetime | None] = mapped_column(UTC)
    given_up_at: Mapped[datetime | None] = mapped_column(UTC)
    held_for: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    flagged_at: Mapped[datetime | None] = mapped_column(UTC)

    payment: Mapped[Payment] = relationship()


class GatewayRefund(Model):
    """Money on its way back to the user. ``transaction_id`` is the posting of the decision; null where the payment was
    held and so never posted. ``tries`` numbers the keys under which the gateway was asked: a failed one is tried again
    under the next.
    """

    __tablename__ = "gateway_refund"
    __table_args__ = (
        Index("ix_gateway_refund_payment_id", "payment_id"),
        Index("ix_gateway_refund_ask_at", "ask_at", postgresql_where=text("ask_at IS NOT NULL")),
        Index("uq_gateway_refund_refund_id", "refund_id", unique=True),
        Index("uq_gateway_refund_transaction_id", "transaction_id", unique=True),
    )

    id: Mapped[int] = identity_key()
    payment_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("payment.id"))
    amount_fen: Mapped[int] = mapped_column(Fen)
    state: Mapped[RefundState] = mapped_column(Enumerated(RefundState))
    transaction_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("ledger_transaction.id"))
    reference: Mapped[str] = mapped_column(Text, unique=True)
    tries: Mapped[int] = mapped_column(SmallInteger, default=1)
    refund_id: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str | None] = mapped_column(Text)
    failure: Mapped[str | None] = mapped_column(Text)
    first_sent_at: Mapped[datetime | None] = mapped_column(UTC)
    asks: Mapped[int] = mapped_column(SmallInteger, default=0)
    ask_at: Mapped[datetime | None] = mapped_column(UTC)
    flagged_at: Mapped[datetime | None] = mapped_column(UTC)
    requested_at: Mapped[datetime] = mapped_column(UTC)

    payment: Mapped[Payment] = relationship()

    @property
    def key(self) -> str:
        """What the gateway knows this try by."""
        return f"{self.reference}-{self.tries}"


class GatewayDispute(Model):
    """A charge the user's bank contests: recorded and shown. It moves nothing in the ledger by itself."""

    __tablename__ = "gateway_dispute"
    __table_args__ = (Index("ix_gateway_dispute_payment_id", "payment_id"),)

    id: Mapped[int] = identity_key()
    payment_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("payment.id"))
    dispute_id: Mapped[str] = mapped_column(Text, unique=True)
    amount_fen: Mapped[int] = mapped_column(Fen)
    currency: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[DisputeState] = mapped_column(Enumerated(DisputeState))
    due_by: Mapped[datetime | None] = mapped_column(UTC)
    opened_at: Mapped[datetime] = mapped_column(UTC)
    changed_at: Mapped[datetime] = mapped_column(UTC)

    payment: Mapped[Payment] = relationship()


class GatewayAccount(Model):
    """A provider's own account at the gateway and how far it is; ``missing`` is what the gateway still asks for."""

    __tablename__ = "gateway_account"

    id: Mapped[int] = identity_key()
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"), unique=True)
    gateway: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text, unique=True)
    account: Mapped[str | None] = mapped_column(Text, unique=True)
    state: Mapped[AccountState] = mapped_column(Enumerated(AccountState))
    submitted: Mapped[bool] = mapped_column(Boolean, default=False)
    methods: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    missing: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    opened_at: Mapped[datetime] = mapped_column(UTC)
    checked_at: Mapped[datetime | None] = mapped_column(UTC)


class GatewayEvent(Model):
    """A call of the gateway exactly as it came; once it was acted upon, when and with what result."""

    __tablename__ = "gateway_event"
    __table_args__ = (Index("ix_gateway_event_ask_at", "ask_at", postgresql_where=text("ask_at IS NOT NULL")),)

    id: Mapped[int] = identity_key()
    event_id: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    subject: Mapped[EventSubject] = mapped_column(Enumerated(EventSubject))
    object_id: Mapped[str] = mapped_column(Text)
    intent_id: Mapped[str | None] = mapped_column(Text)
    reference: Mapped[str | None] = mapped_column(Text)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(UTC)
    asks: Mapped[int] = mapped_column(SmallInteger, default=0)
    ask_at: Mapped[datetime | None] = mapped_column(UTC)
    processed_at: Mapped[datetime | None] = mapped_column(UTC)
    outcome: Mapped[str | None] = mapped_column(Text)
