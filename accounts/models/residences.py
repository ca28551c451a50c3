"""Firms that reside in an incubator, and what it advises them (V7)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models.organisations import Organisation
from accounts.states import ResidenceState
from core.db import Model
from core.files import StoredFile
from core.types import UTC, Enumerated, identity_key


class Residence(Model):
    """An enterprise in an incubator from ``since`` on; ``until`` is the first day no longer.

    The firm asks and the incubator accepts; either may end it. At most one is open for a firm.
    """

    __tablename__ = "residence"
    __table_args__ = (
        Index("ix_residence_incubator_id_state", "incubator_id", "state"),
        Index(
            "uq_residence_open",
            "enterprise_id",
            unique=True,
            postgresql_where=text("state IN ('asked', 'accepted')"),
        ),
    )

    id: Mapped[int] = identity_key()
    enterprise_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    incubator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    state: Mapped[ResidenceState] = mapped_column(Enumerated(ResidenceState))
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)
    asked_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    asked_at: Mapped[datetime] = mapped_column(UTC)
    answered_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UTC)
    ended_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))

    enterprise: Mapped[Organisation] = relationship(foreign_keys=[enterprise_id])
    incubator: Mapped[Organisation] = relationship(foreign_keys=[incubator_id])


class ResidenceAdvice(Model):
    """What an incubator tells a resident firm, perhaps with a document prepared for it to use."""

    __tablename__ = "residence_advice"

    id: Mapped[int] = identity_key()
    residence_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("residence.id"), index=True)
    advice: Mapped[str] = mapped_column(Text)
    file_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    given_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    given_at: Mapped[datetime] = mapped_column(UTC)

    residence: Mapped[Residence] = relationship()
    file: Mapped[StoredFile | None] = relationship()
