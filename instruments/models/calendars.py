"""Opening hours, and everything that takes up an instrument's time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model
from core.types import UTC, Enumerated, Period, Span, identity_key
from instruments.rules.opening import WeeklyHours
from instruments.rules.terms import OccupancyKind


class OpeningHours(Model):
    """One weekly stretch, in minutes after midnight in Asia/Shanghai; see ``rules.opening.WeeklyHours``."""

    __tablename__ = "opening_hours"
    __table_args__ = (UniqueConstraint("instrument_id", "weekday", "opens_minute"),)

    id: Mapped[int] = identity_key()
    instrument_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("instrument.id"))
    weekday: Mapped[int] = mapped_column(SmallInteger)
    opens_minute: Mapped[int] = mapped_column(SmallInteger)
    closes_minute: Mapped[int] = mapped_column(SmallInteger)

    @property
    def hours(self) -> WeeklyHours:
        """The stretch as the rules see it."""
        return WeeklyHours(self.weekday, self.opens_minute, self.closes_minute)


class Occupancy(Model):
    """A booking, closure or maintenance window. Live ones of one instrument never overlap: the database refuses it
    (invariant 5). ``order_id`` is opaque here; an order has one booking."""

    __tablename__ = "occupancy"
    __table_args__ = (
        Index("uq_occupancy_order_id", "order_id", unique=True, postgresql_where=text("live")),
        Index("ix_occupancy_order_id", "order_id"),
        Index("ix_occupancy_organisation_id", "organisation_id", "id"),
    )

    id: Mapped[int] = identity_key()
    instrument_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("instrument.id"))
    kind: Mapped[OccupancyKind] = mapped_column(Enumerated(OccupancyKind))
    during: Mapped[Span] = mapped_column(Period)
    live: Mapped[bool] = mapped_column(Boolean, default=True)
    order_id: Mapped[int | None] = mapped_column(BigInteger)
    organisation_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    note: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(UTC)
    ended_at: Mapped[datetime | None] = mapped_column(UTC)
