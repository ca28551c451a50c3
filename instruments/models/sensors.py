"""IoT sensors, where they were, the keys they report with, what they reported, and when instruments ran (S4, S19)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model
from core.types import UTC, Period, Span, identity_key
from instruments.rules.opening import Interval


class IotSensor(Model):
    """A sensor of a provider, which knows it by ``serial``. ``running_from_w`` is the power in watts from which on an
    instrument runs, for sensors that tell power alone."""

    __tablename__ = "iot_sensor"
    __table_args__ = (UniqueConstraint("provider_id", "serial"),)

    id: Mapped[int] = identity_key()
    provider_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    serial: Mapped[str] = mapped_column(Text)
    running_from_w: Mapped[Decimal | None] = mapped_column(Numeric(12, 3))
    registered_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    registered_at: Mapped[datetime] = mapped_column(UTC)


class SensorPlacement(Model):
    """Which instrument a sensor watched and when; the present one is open. The database refuses two at once."""

    __tablename__ = "sensor_placement"
    __table_args__ = (Index("ix_sensor_placement_instrument_id", "instrument_id"),)

    id: Mapped[int] = identity_key()
    sensor_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("iot_sensor.id"))
    instrument_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("instrument.id"))
    during: Mapped[Span] = mapped_column(Period)
    placed_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    placed_at: Mapped[datetime] = mapped_column(UTC)


class IngestKey(Model):
    """A key that hands in readings and does nothing else: for all sensors of a provider, or those at one instrument.

    Found by ``prefix`` and proven by the digest of its secret, like a token. It ends when it is revoked, or some time
    after another one replaced it.
    """

    __tablename__ = "ingest_key"
    __table_args__ = (Index("ix_ingest_key_provider_id", "provider_id", "id"),)

    id: Mapped[int] = identity_key()
    provider_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    instrument_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("instrument.id"))
    label: Mapped[str] = mapped_column(Text)
    prefix: Mapped[str] = mapped_column(Text, unique=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    issued_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    issued_at: Mapped[datetime] = mapped_column(UTC)
    last_used_at: Mapped[datetime | None] = mapped_column(UTC)
    ends_at: Mapped[datetime | None] = mapped_column(UTC)
    replaces_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("ingest_key.id"))

    def is_live(self, now: datetime) -> bool:
        """Whether it may still be used."""
        return self.ends_at is None or now < self.ends_at


class SensorBatch(Model):
    """What came of one batch of readings; never changed. ``late`` ones are among those ``taken``."""

    __tablename__ = "sensor_batch"
    __table_args__ = (Index("ix_sensor_batch_key_id", "key_id", "id"),)

    id: Mapped[int] = identity_key()
    key_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("ingest_key.id"))
    received_at: Mapped[datetime] = mapped_column(UTC)
    taken: Mapped[int] = mapped_column(Integer)
    duplicates: Mapped[int] = mapped_column(Integer)
    late: Mapped[int] = mapped_column(Integer)
    refused: Mapped[int] = mapped_column(Integer)


class SensorReading(Model):
    """What a sensor said at an instant; never changed. ``run_seconds`` and ``samples`` are counters of the device."""

    __tablename__ = "sensor_reading"
    __table_args__ = (
        Index(
            "uq_sensor_reading_sequence",
            "sensor_id",
            "sequence",
            unique=True,
            postgresql_where=text("sequence IS NOT NULL"),
        ),
    )

    sensor_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("iot_sensor.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UTC, primary_key=True)
    sequence: Mapped[int | None] = mapped_column(BigInteger)
    running: Mapped[bool] = mapped_column(Boolean)
    power_w: Mapped[Decimal | None] = mapped_column(Numeric(12, 3))
    run_seconds: Mapped[int | None] = mapped_column(BigInteger)
    samples: Mapped[int | None] = mapped_column(BigInteger)
    is_late: Mapped[bool] = mapped_column(Boolean)
    batch_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("sensor_batch.id"))


class SensorDayDue(Model):
    """A day of a sensor whose running stretches are to be derived anew."""

    __tablename__ = "sensor_day_due"

    sensor_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("iot_sensor.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)


class RunningStretch(Model):
    """When an instrument ran, as a sensor tells it, day by day in Asia/Shanghai. Derived from the readings, and may be
    derived anew at any time."""

    __tablename__ = "running_stretch"
    __table_args__ = (
        Index("ix_running_stretch_instrument_id_starts_at", "instrument_id", "starts_at"),
        Index("ix_running_stretch_sensor_id_day", "sensor_id", "day"),
    )

    id: Mapped[int] = identity_key()
    sensor_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("iot_sensor.id"))
    instrument_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("instrument.id"))
    day: Mapped[date] = mapped_column(Date)
    starts_at: Mapped[datetime] = mapped_column(UTC)
    ends_at: Mapped[datetime] = mapped_column(UTC)

    @property
    def interval(self) -> Interval:
        """When it ran."""
        return Interval(self.starts_at, self.ends_at)
