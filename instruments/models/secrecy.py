"""Exemptions from listing for secrecy (S23)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.files import StoredFile
from core.grounds import Ground
from core.types import UTC, Enumerated, identity_key
from instruments.models.instruments import Instrument
from instruments.rules.secrecy import exemption_grounds
from instruments.states import ExemptionState

_WAITING = text("state IN ('asked', 'endorsed')")


class SecrecyExemption(Model):
    """One request with its ground and document, and what became of it; texts are '' where nothing is said.

    ``until`` is its last day. Once it is in force, the instrument carries its ``filed_on`` and ``reference``;
    ``reminded_on`` is when its owner was told that it comes to an end.
    """

    __tablename__ = "secrecy_exemption"
    __table_args__ = (
        Index("ix_secrecy_exemption_instrument_id", "instrument_id"),
        Index("ix_secrecy_exemption_file_id", "file_id"),
        Index(
            "uq_secrecy_exemption_in_force", "instrument_id", unique=True, postgresql_where=text("state = 'in_force'")
        ),
        Index("uq_secrecy_exemption_waiting", "instrument_id", unique=True, postgresql_where=_WAITING),
    )

    id: Mapped[int] = identity_key()
    instrument_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("instrument.id"))
    state: Mapped[ExemptionState] = mapped_column(Enumerated(ExemptionState))
    ground: Mapped[str] = mapped_column(Text)
    file_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    until: Mapped[date] = mapped_column(Date)
    asked_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    asked_at: Mapped[datetime] = mapped_column(UTC)
    reviewed_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UTC)
    review_opinion: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTC)
    opinion: Mapped[str] = mapped_column(Text, default="")
    reference: Mapped[str] = mapped_column(Text, default="")
    filed_on: Mapped[date | None] = mapped_column(Date)
    reminded_on: Mapped[date | None] = mapped_column(Date)
    ended_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UTC)
    ending_note: Mapped[str] = mapped_column(Text, default="")

    instrument: Mapped[Instrument] = relationship(lazy="joined", innerjoin=True)
    file: Mapped[StoredFile] = relationship(lazy="joined", innerjoin=True)

    @property
    def provider_id(self) -> int:
        """Whose instrument it is about."""
        return self.instrument.provider_id

    @property
    def reasons(self) -> list[Ground]:
        """What the offices' decisions about it rest on; nothing before the first."""
        return exemption_grounds(
            stated=self.ground,
            asked_on=self.asked_at,
            until=self.until,
            reviewed_on=self.reviewed_at,
            review_opinion=self.review_opinion,
            decided_on=self.decided_at,
            opinion=self.opinion,
            reference=self.reference,
            is_refused=self.state is ExemptionState.REFUSED,
            ended_on=self.ended_at,
            note=self.ending_note,
        )
