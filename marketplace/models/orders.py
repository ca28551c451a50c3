"""An order: the deal between a beneficiary and a provider, from placing to completion."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, Index, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.types import UTC, Enumerated, Fen, Period, Span, identity_key
from instruments.rules.cancelling import FeeKind
from instruments.rules.pricing import slot_quantity
from instruments.rules.terms import TIMED_UNITS, PriceUnit
from marketplace.models.quotes import Quote
from marketplace.rules.lines import Line
from marketplace.states import OrderState
from vouchers.rules.facts import PaymentMode


class Order(Model):
    """One deal. ``price_fen`` = ``subsidy_fen`` + ``other_aid_fen`` + ``self_pay_fen`` at every moment (invariant 4).

    What was agreed stays in the quote; the sums here follow the actual quantity at completion, and the quantities of
    ``actual_extras`` by the number of each extra, None before and where none was ordered. ``consent_id`` is the
    provider's standing consent by which it was accepted as it was placed, if it was; ``moved_to`` is the slot that was
    booked in place of the quoted one. ``fee_fen`` is what the user owes the provider for giving its booking up late or
    not coming, apart from all else: no payment, voucher or hold is part of it (ADR 0224); ``fee_waiver`` is why the
    provider waives it.
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
    moved_to: Mapped[Span | None] = mapped_column(Period)
    consent_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("service_consent.id"))
    fee_kind: Mapped[FeeKind | None] = mapped_column(Enumerated(FeeKind))
    fee_fen: Mapped[int | None] = mapped_column(Fen)
    fee_waived_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    fee_waived_at: Mapped[datetime | None] = mapped_column(UTC)
    fee_waiver: Mapped[str | None] = mapped_column(Text)
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
        return self.moved_to or self.quote.during

    @property
    def has_booking(self) -> bool:
        """Whether it takes time of an instrument."""
        return self.quote.instrument_id is not None and self.quote.during is not None

    @property
    def booked_quantity(self) -> Decimal:
        """The quantity ordered, or that of the slot where it was shortened; the price stays until completion."""
        unit, slot = PriceUnit(self.quote.price_unit), self.moved_to
        if slot is None or unit not in TIMED_UNITS:
            return self.quantity
        return min(self.quantity, slot_quantity(unit, slot.duration))

    @property
    def free_cancellation_until(self) -> datetime | None:
        """Until when the user gives its booking up for nothing; None where that never costs anything."""
        slot = self.during if self.has_booking else None
        return None if slot is None else self.quote.cancellation.free_until(slot.start)

    @property
    def booked_fen(self) -> int:
        """What is booked costs, of which fees are a share."""
        return self.quote.tariff.charge(self.booked_quantity)

    @property
    def is_half_signed(self) -> bool:
        """Whether a side has signed the contract."""
        return self.beneficiary_signed_at is not None or self.provider_signed_at is not None

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
