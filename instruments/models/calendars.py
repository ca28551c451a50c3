"""Opening hours, what is asked of bookings, and everything that takes up an instrument's time."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
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


class OpeningSeason(Model):
    """A range of days, both included, on which an instrument is open by other hours than its week; ranges of one
    instrument do not overlap: the database refuses it."""

    __tablename__ = "opening_season"
    __table_args__ = (Index("ix_opening_season_instrument_id", "instrument_id"),)

    id: Mapped[int] = identity_key()
    instrument_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("instrument.id"))
    name: Mapped[str] = mapped_column(Text)
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)


class SeasonHours(Model):
    """One weekly stretch of a season, as :class:`OpeningHours` of the week; a season without any is closed."""

    __tablename__ = "season_hours"
    __table_args__ = (UniqueConstraint("season_id", "weekday", "opens_minute"),)

    id: Mapped[int] = identity_key()
    season_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("opening_season.id"))
    weekday: Mapped[int] = mapped_column(SmallInteger)
    opens_minute: Mapped[int] = mapped_column(SmallInteger)
    closes_minute: Mapped[int] = mapped_column(SmallInteger)


class Occupancy(Model):
    """A booking, closure or maintenance window. Live ones of one instrument never overlap: the database refuses it
    (invariant 5). ``order_id`` is opaque here; an order has one booking.

    ``during`` is all that others may not use. Where time is kept free around a booking, ``booked`` is the slot itself;
    None means that it is the same. Closures of one series have the ``series_id`` of its first one's number."""

    __tablename__ = "occupancy"
    __table_args__ = (
        Index("uq_occupancy_order_id", "order_id", unique=True, postgresql_where=text("live")),
        Index("ix_occupancy_order_id", "order_id"),
        Index("ix_occupancy_series_id", "series_id", postgresql_where=text("series_id IS NOT NULL")),
        Index("ix_occupancy_organisation_id", "organisation_id", "id"),
        Index("ix_occupancy_ends", text("upper(during)"), postgresql_where=text("live")),
    )

    id: Mapped[int] = identity_key()
    instrument_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("instrument.id"))
    kind: Mapped[OccupancyKind] = mapped_column(Enumerated(OccupancyKind))
    during: Mapped[Span] = mapped_column(Period)
    booked: Mapped[Span | None] = mapped_column(Period)
    live: Mapped[bool] = mapped_column(Boolean, default=True)
    order_id: Mapped[int | None] = mapped_column(BigInteger)
    series_id: Mapped[int | None] = mapped_column(BigInteger)
    organisation_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    note: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(UTC)
    ended_at: Mapped[datetime | None] = mapped_column(UTC)

    @hybrid_property
    def slot(self) -> Span:
        """What was booked, without the time kept free around it."""
        return self.booked or self.during

    @slot.inplace.expression
    @classmethod
    def _slot_in_sql(cls) -> ColumnElement[Span]:
        return func.coalesce(cls.booked, cls.during, type_=Period())


class BookingRule(Model):
    """What a provider asks of bookings; see ``rules.booking.BookingRules``. Without an instrument they hold for all of
    the provider's that have none of their own."""

    __tablename__ = "booking_rule"
    __table_args__ = (
        Index(
            "uq_booking_rule_provider_id",
            "provider_id",
            unique=True,
            postgresql_where=text("instrument_id IS NULL"),
        ),
        UniqueConstraint("instrument_id"),
    )

    id: Mapped[int] = identity_key()
    provider_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    instrument_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("instrument.id"))
    min_minutes: Mapped[int | None] = mapped_column(Integer)
    max_minutes: Mapped[int | None] = mapped_column(Integer)
    step_minutes: Mapped[int | None] = mapped_column(SmallInteger)
    before_minutes: Mapped[int] = mapped_column(SmallInteger)
    after_minutes: Mapped[int] = mapped_column(SmallInteger)
    lead_minutes: Mapped[int] = mapped_column(Integer)
    horizon_days: Mapped[int | None] = mapped_column(SmallInteger)
    week_hours: Mapped[int | None] = mapped_column(SmallInteger)
    month_hours: Mapped[int | None] = mapped_column(SmallInteger)
    open_bookings: Mapped[int | None] = mapped_column(SmallInteger)
    closed_on_holidays: Mapped[bool] = mapped_column(Boolean)
    makeup_weekday: Mapped[int | None] = mapped_column(SmallInteger)
    qualified_only: Mapped[bool] = mapped_column(Boolean)
