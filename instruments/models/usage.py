"""What instruments were used for: the log of use, and who came to a booking and left it when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.types import UTC, Enumerated, identity_key
from instruments.models.instruments import Instrument
from instruments.rules.opening import Interval
from instruments.rules.terms import AttendanceKind, UsePurpose


class InstrumentUse(Model):
    """One entry of the log (S19). Never changed: a correction is an entry of its own that names the one it stands for,
    with ``why``; a ``withdrawn`` one puts nothing in its place. ``samples`` is None where nobody counted.

    ``order_id`` is opaque here; ``occupancy_id`` is the booking that was checked out, if one was.
    """

    __tablename__ = "instrument_use"
    __table_args__ = (
        Index("ix_instrument_use_instrument_id_starts_at", "instrument_id", "starts_at"),
        Index("ix_instrument_use_order_id", "order_id"),
    )

    id: Mapped[int] = identity_key()
    instrument_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("instrument.id"))
    purpose: Mapped[UsePurpose] = mapped_column(Enumerated(UsePurpose))
    order_id: Mapped[int | None] = mapped_column(BigInteger)
    occupancy_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("occupancy.id"))
    starts_at: Mapped[datetime] = mapped_column(UTC)
    ends_at: Mapped[datetime] = mapped_column(UTC)
    operator: Mapped[str] = mapped_column(Text)
    samples: Mapped[int | None] = mapped_column(Integer)
    remarks: Mapped[str] = mapped_column(Text)
    is_late: Mapped[bool] = mapped_column(Boolean)
    corrects_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("instrument_use.id"), unique=True)
    why: Mapped[str] = mapped_column(Text)
    withdrawn: Mapped[bool] = mapped_column(Boolean)
    logged_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    logged_at: Mapped[datetime] = mapped_column(UTC)

    instrument: Mapped[Instrument] = relationship()

    @property
    def interval(self) -> Interval:
        """When it was used."""
        return Interval(self.starts_at, self.ends_at)


class Attendance(Model):
    """Somebody came to a booking or left it; each once, never changed."""

    __tablename__ = "attendance"
    __table_args__ = (UniqueConstraint("occupancy_id", "kind"),)

    id: Mapped[int] = identity_key()
    occupancy_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("occupancy.id"))
    kind: Mapped[AttendanceKind] = mapped_column(Enumerated(AttendanceKind))
    at: Mapped[datetime] = mapped_column(UTC)
    noted_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    noted_at: Mapped[datetime] = mapped_column(UTC)


class AttendanceRule(Model):
    """Whether users check in and out of an instrument by themselves; without a row they do not."""

    __tablename__ = "attendance_rule"

    id: Mapped[int] = identity_key()
    instrument_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("instrument.id"), unique=True)
    users_check_in: Mapped[bool] = mapped_column(Boolean)
    set_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    set_at: Mapped[datetime] = mapped_column(UTC)
