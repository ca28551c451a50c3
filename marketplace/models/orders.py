"""An order: the deal between a beneficiary and a provider, from placing to completion."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, Index, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.types import UTC, Enumerated, Fen, Span, identity_key
from marketplace.models.quotes import Quote
from marketplace.rules.lines import Line
from marketplace.states import OrderState
from vouchers.rules.facts import PaymentMode


class Order(Model):
    """One deal. ``price_fen`` = ``subsidy_fen`` + ``other_aid_fen`` + ``self_pay_fen`` at every moment (invariant 4).

    What was agreed stays in the quote; the sums here follow the actual quantity at completion, and the quantities of
    ``actual_extras`` by the number of each extra, None before and where none was ordered.
    """

    __tablename__ = "order"
    __table_args__ = (
        Index("ix_order_beneficiary_id_id", "beneficiary_id", "id"),
        Index("ix_order_provider_id_id", "provider_id", "id"),
        Index("ix_order_state_respond_by", "state", "respond_by"),
    )

    id: Mapped[int] = identity_key()
    quote_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("quote.id"), unique=True)
    beneficiary_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    provider_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    payment_mode: Mapped[PaymentMode] = mapped_column(Enumerated(PaymentMode))
    state: Mapped[OrderState] = mapped_column(Enumerated(OrderState))
    eligible: Mapped[bool] = mapped_column(Boolean)
    quantity: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    contract_fen: Mapped[int] = mapped_column(Fen)
    price_fen: Mapped[int] = mapped_column(Fen)
    subsidy_fen: Mapped[int] = mapped_column(Fen)
    other_aid_fen: Mapped[int] = mapped_column(Fen)
    self_pay_fen: Mapped[int] = mapped_column(Fen)
    expected_completion: Mapped[date] = mapped_column(Date)
    placed_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    placed_at: Mapped[datetime] = mapped_column(UTC)
    respond_by: Mapped[date] = mapped_column(Date)
    ended_reason: Mapped[str | None] = mapped_column(Text)
    contract_terms: Mapped[dict[str, str] | None] = mapped_column(JSONB)
    beneficiary_signed_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    beneficiary_signed_at: Mapped[datetime | None] = mapped_column(UTC)
    provider_signed_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    provider_signed_at: Mapped[datetime | None] = mapped_column(UTC)
    started_at: Mapped[datetime | None] = mapped_column(UTC)
    actual_quantity: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    actual_extras: Mapped[dict[str, str] | None] = mapped_column(JSONB(none_as_null=True))
    completed_on: Mapped[date | None] = mapped_column(Date)
    service_record: Mapped[dict[str, Any] | None] = mapped_column(JSONB)

    quote: Mapped[Quote] = relationship(lazy="joined")
    delivery: Mapped[Delivery | None] = relationship(back_populates="order")

    @property
    def during(self) -> Span | None:
        """The booked slot, where the service is one of instrument time."""
        return self.quote.during

    @property
    def lines(self) -> list[Line]:
        """What the price consists of: as ordered, once it is completed as used."""
        return self.quote.lines_for(self.actual_quantity or self.quantity, self.actual_extras)

    @property
    def due_to_provider_fen(self) -> int:
        """What the beneficiary pays the provider: all of the price, or what the deduction leaves (V16)."""
        return self.self_pay_fen if self.payment_mode is PaymentMode.DIRECT_DEDUCTION else self.price_fen

    @property
    def deducted_fen(self) -> int:
        """What the price is lowered by at once: subsidy and aid in direct deduction, else nothing (V16(1))."""
        aided_fen = self.subsidy_fen + self.other_aid_fen
        return aided_fen if self.payment_mode is PaymentMode.DIRECT_DEDUCTION else 0

    @property
    def claim_id(self) -> int | None:
        """The claim that completion opened, if a voucher pays a part."""
        return None if self.service_record is None else self.service_record.get("claim_id")


class Delivery(Model):
    """What the provider handed over and when."""

    __tablename__ = "delivery"

    id: Mapped[int] = identity_key()
    order_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("order.id"), unique=True)
    note: Mapped[str] = mapped_column(Text)
    delivered_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    delivered_at: Mapped[datetime] = mapped_column(UTC)

    order: Mapped[Order] = relationship(back_populates="delivery")
