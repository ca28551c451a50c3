"""What services cost, by day."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, Index, Integer, SmallInteger, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model
from core.types import UTC, Enumerated, Fen, identity_key
from instruments.rules.terms import PriceUnit

PRICE_TERMS = (
    "price_fen",
    "price_unit",
    "by_negotiation",
    "own_price_fen",
    "outside_price_fen",
    "minimum_charge_fen",
    "billing_step_minutes",
    "turnaround_days",
    "free_cancellation_hours",
    "late_cancellation_percent",
    "no_show_percent",
    "cost_fen",
    "cost_basis",
)
"""What a version fixes, by the names the columns have on the service too."""


class ServicePrice(Model):
    """A version of what a service costs, by when it is done and what giving up a booking costs, from a day on (V14).

    In force on a day is the one with the latest ``valid_from`` up to it, of several from one day the last one entered,
    withdrawn ones left out. A version never changes; one that has not begun may be withdrawn. ``price_fen`` is what
    users of the province pay for a unit; the provider's own and users from outside pay the same where their column is
    empty. ``by_negotiation`` says that there is no price but what the provider offers on request (ADR 0237). ``set_by``
    is None for what was published before versions were kept, and for files taken in without a user.
    """

    __tablename__ = "service_price"
    __table_args__ = (Index("ix_service_price_service_id", "service_id", "valid_from", "id"),)

    id: Mapped[int] = identity_key()
    service_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("service.id"))
    valid_from: Mapped[date] = mapped_column(Date)
    price_fen: Mapped[int | None] = mapped_column(Fen)
    price_unit: Mapped[PriceUnit | None] = mapped_column(Enumerated(PriceUnit))
    by_negotiation: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    own_price_fen: Mapped[int | None] = mapped_column(Fen)
    outside_price_fen: Mapped[int | None] = mapped_column(Fen)
    minimum_charge_fen: Mapped[int | None] = mapped_column(Fen)
    billing_step_minutes: Mapped[int | None] = mapped_column(SmallInteger)
    turnaround_days: Mapped[int] = mapped_column(Integer)
    free_cancellation_hours: Mapped[int | None] = mapped_column(SmallInteger)
    late_cancellation_percent: Mapped[int | None] = mapped_column(SmallInteger)
    no_show_percent: Mapped[int | None] = mapped_column(SmallInteger)
    cost_fen: Mapped[int | None] = mapped_column(Fen)
    cost_basis: Mapped[str] = mapped_column(Text)
    set_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    set_at: Mapped[datetime] = mapped_column(UTC)
    withdrawn_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTC)
