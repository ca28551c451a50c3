"""Secret addresses under which calendar programs read a calendar."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model
from core.types import UTC, identity_key


class CalendarAddress(Model):
    """An address at which whoever knows it reads the bookings a user sees or, with an instrument, its owner's calendar.

    Found by ``prefix`` and proven by the digest of its secret, like a token. A user has one in force for each calendar.
    ``reads`` counts since ``reads_from``.
    """

    __tablename__ = "calendar_address"
    __table_args__ = (
        Index(
            "uq_calendar_address_live",
            "user_id",
            "instrument_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_calendar_address_user_id", "user_id", "id"),
    )

    id: Mapped[int] = identity_key()
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    instrument_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("instrument.id"))
    prefix: Mapped[str] = mapped_column(Text, unique=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    issued_at: Mapped[datetime] = mapped_column(UTC)
    ended_at: Mapped[datetime | None] = mapped_column(UTC)
    last_read_at: Mapped[datetime | None] = mapped_column(UTC)
    reads_from: Mapped[datetime] = mapped_column(UTC)
    reads: Mapped[int] = mapped_column(Integer, default=0)
