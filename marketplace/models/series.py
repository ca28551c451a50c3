"""Series of bookings: what was asked for, its slots with what each costs or what stands against it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.types import UTC, Enumerated, Period, Span, identity_key
from marketplace.models.quotes import Quote
from marketplace.rules.series import SeriesChoice
from marketplace.states import SeriesState


class BookingSeries(Model):
    """A slot again and again, as it stood when it was looked at; ``choice`` is what was placed of it.

    Nothing is held before that. Each of its orders stands by itself afterwards.
    """

    __tablename__ = "booking_series"
    __table_args__ = (Index("ix_booking_series_beneficiary_id", "beneficiary_id", "id"),)

    id: Mapped[int] = identity_key()
    beneficiary_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    service_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("service.id"))
    instrument_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("instrument.id"))
    state: Mapped[SeriesState] = mapped_column(Enumerated(SeriesState))
    every_days: Mapped[int] = mapped_column(SmallInteger)
    until: Mapped[date] = mapped_column(Date)
    choice: Mapped[SeriesChoice | None] = mapped_column(Enumerated(SeriesChoice))
    expires_at: Mapped[datetime] = mapped_column(UTC)
    asked_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    asked_at: Mapped[datetime] = mapped_column(UTC)
    placed_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    placed_at: Mapped[datetime | None] = mapped_column(UTC)

    slots: Mapped[list[SeriesSlot]] = relationship(order_by="SeriesSlot.position", lazy="selectin")


class SeriesSlot(Model):
    """One slot of a series: the quote for it, or why it cannot be booked."""

    __tablename__ = "series_slot"
    __table_args__ = (
        UniqueConstraint("series_id", "position", name="uq_series_slot_series_id"),
        UniqueConstraint("quote_id", name="uq_series_slot_quote_id"),
    )

    id: Mapped[int] = identity_key()
    series_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("booking_series.id"))
    position: Mapped[int] = mapped_column(SmallInteger)
    during: Mapped[Span] = mapped_column(Period)
    quote_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("quote.id"))
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)

    quote: Mapped[Quote | None] = relationship(lazy="joined")
