"""Alarms about mandatory instruments of which no sensor tells, and what owners were told of them (S4)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.types import UTC, Enumerated, identity_key
from instruments.models.instruments import Instrument
from instruments.rules.alarms import AlarmEnding, AlarmReason
from instruments.states import SensorAlarmState

_STANDING = text("state IN ('open', 'answered')")


class SensorAlarm(Model):
    """Nothing was heard of an instrument after ``since``; one at a time stands for each.

    The owner's last answer is ``reason`` with ``note`` ('' before), and ``back_on`` the day by which a sensor is to
    tell again. ``reminded_on`` is when the owner was told last.
    """

    __tablename__ = "sensor_alarm"
    __table_args__ = (
        Index("ix_sensor_alarm_instrument_id", "instrument_id"),
        Index("uq_sensor_alarm_standing", "instrument_id", unique=True, postgresql_where=_STANDING),
    )

    id: Mapped[int] = identity_key()
    instrument_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("instrument.id"))
    state: Mapped[SensorAlarmState] = mapped_column(Enumerated(SensorAlarmState))
    since: Mapped[datetime] = mapped_column(UTC)
    opened_at: Mapped[datetime] = mapped_column(UTC)
    reason: Mapped[AlarmReason | None] = mapped_column(Enumerated(AlarmReason))
    note: Mapped[str] = mapped_column(Text, default="")
    back_on: Mapped[date | None] = mapped_column(Date)
    answered_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UTC)
    reminded_on: Mapped[date | None] = mapped_column(Date)
    ended_for: Mapped[AlarmEnding | None] = mapped_column(Enumerated(AlarmEnding))
    closed_at: Mapped[datetime | None] = mapped_column(UTC)

    instrument: Mapped[Instrument] = relationship(lazy="joined", innerjoin=True)

    @property
    def provider_id(self) -> int:
        """Whose instrument it is about."""
        return self.instrument.provider_id


class AlarmReminder(Model):
    """What a provider was told on a day: so many alarms stand open, ``opened`` of them new, the longest since
    ``first_since``; never changed."""

    __tablename__ = "alarm_reminder"
    __table_args__ = (UniqueConstraint("provider_id", "on", name="uq_alarm_reminder_provider_id"),)

    id: Mapped[int] = identity_key()
    provider_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    on: Mapped[date] = mapped_column(Date)
    opened: Mapped[int] = mapped_column(Integer)
    standing: Mapped[int] = mapped_column(Integer)
    first_since: Mapped[datetime] = mapped_column(UTC)
    reminded_at: Mapped[datetime] = mapped_column(UTC)
