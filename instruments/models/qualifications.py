"""Users whom a provider has trained or approved for instruments of its own."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.files import StoredFile
from core.types import UTC, Enumerated, identity_key
from instruments.models.instruments import Instrument
from instruments.states import QualificationState


class Qualification(Model):
    """What a user asked for and its provider decided; texts are '' where nothing is said.

    Granted, it holds from ``first_day`` to ``last_day``, both included, for the instruments that are named; without a
    last day until it is revoked.
    """

    __tablename__ = "qualification"
    __table_args__ = (
        Index("ix_qualification_organisation_id", "organisation_id", "id"),
        Index("ix_qualification_provider_id", "provider_id", "id"),
        Index("ix_qualification_file_id", "file_id"),
    )

    id: Mapped[int] = identity_key()
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    provider_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    state: Mapped[QualificationState] = mapped_column(Enumerated(QualificationState))
    note: Mapped[str] = mapped_column(Text)
    file_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    first_day: Mapped[date | None] = mapped_column(Date)
    last_day: Mapped[date | None] = mapped_column(Date)
    opinion: Mapped[str] = mapped_column(Text, default="")
    grounds: Mapped[str] = mapped_column(Text, default="")
    asked_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    asked_at: Mapped[datetime] = mapped_column(UTC)
    decided_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTC)
    revoked_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(UTC)

    file: Mapped[StoredFile | None] = relationship(lazy="joined")
    instruments: Mapped[list[Instrument]] = relationship(
        secondary="qualification_instrument", order_by=Instrument.id, lazy="selectin"
    )


class QualificationInstrument(Model):
    """One of the instruments that a qualification is about."""

    __tablename__ = "qualification_instrument"
    __table_args__ = (Index("ix_qualification_instrument_instrument_id", "instrument_id"),)

    qualification_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("qualification.id"), primary_key=True)
    instrument_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("instrument.id"), primary_key=True)
