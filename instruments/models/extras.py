"""Extras and consumables of a service, and what they cost by day."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.kinds import ExtraKind
from core.types import UTC, Enumerated, Fen, identity_key


class ServiceExtra(Model):
    """What a user may order with a service, counted in ``unit``. It never changes; another one takes its place."""

    __tablename__ = "service_extra"
    __table_args__ = (Index("ix_service_extra_service_id", "service_id", "id"),)

    id: Mapped[int] = identity_key()
    service_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("service.id"))
    title: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(Text)
    kind: Mapped[ExtraKind] = mapped_column(Enumerated(ExtraKind))
    created_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(UTC)

    versions: Mapped[list[ExtraPrice]] = relationship(order_by="ExtraPrice.id", lazy="selectin")


class ExtraPrice(Model):
    """A version of what an extra costs, from a day on (V14); in force as :class:`~instruments.models.ServicePrice` is.

    Without ``price_fen`` it is not offered from that day on. ``cost_fen`` is what a unit costs a fiscally built
    provider by the document ``cost_basis`` (V13).
    """

    __tablename__ = "extra_price"
    __table_args__ = (Index("ix_extra_price_extra_id", "extra_id", "valid_from", "id"),)

    id: Mapped[int] = identity_key()
    extra_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("service_extra.id"))
    valid_from: Mapped[date] = mapped_column(Date)
    price_fen: Mapped[int | None] = mapped_column(Fen)
    own_price_fen: Mapped[int | None] = mapped_column(Fen)
    outside_price_fen: Mapped[int | None] = mapped_column(Fen)
    cost_fen: Mapped[int | None] = mapped_column(Fen)
    cost_basis: Mapped[str] = mapped_column(Text)
    set_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    set_at: Mapped[datetime] = mapped_column(UTC)
    withdrawn_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTC)
