"""When and why listed instruments were out of service: suspended or retired, with bookings that had been made."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model
from core.types import UTC, Enumerated, identity_key
from instruments.rules.interruptions import InterruptionKind


class ListingInterruption(Model):
    """From ``began_at`` on an instrument takes no bookings, until ``ended_at``; None: it still does not. ``note`` is
    what those with bookings are told, '' where nothing is; ``expected_back_on`` is no promise."""

    __tablename__ = "listing_interruption"
    __table_args__ = (
        Index("ix_listing_interruption_instrument_id", "instrument_id"),
        Index("uq_listing_interruption_open", "instrument_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[int] = identity_key()
    instrument_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("instrument.id"))
    kind: Mapped[InterruptionKind] = mapped_column(Enumerated(InterruptionKind))
    note: Mapped[str] = mapped_column(Text)
    expected_back_on: Mapped[date | None] = mapped_column(Date)
    began_at: Mapped[datetime] = mapped_column(UTC)
    ended_at: Mapped[datetime | None] = mapped_column(UTC)
