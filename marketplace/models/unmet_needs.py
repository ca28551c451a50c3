"""Needs that the province may not meet, as users state them, with what was looked for and found (V16 out)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Integer, SmallInteger, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.grounds import Ground
from core.types import UTC, Enumerated, identity_key
from marketplace.rules.unmet_needs import NeedOutcome, need_grounds
from marketplace.states import UnmetNeedState


class UnmetNeed(Model):
    """One statement. ``filters`` are the search it rests on, ``found_total`` and ``found_first`` what that search found
    when it was stated; none of it ever changes. ``city`` is where the user sat then."""

    __tablename__ = "unmet_need"
    __table_args__ = (
        UniqueConstraint("year", "serial", name="uq_unmet_need_year"),
        Index("ix_unmet_need_organisation_id", "organisation_id"),
        Index("ix_unmet_need_city_state", "city", "state"),
    )

    id: Mapped[int] = identity_key()
    year: Mapped[int] = mapped_column(SmallInteger)
    serial: Mapped[int] = mapped_column(Integer)
    number: Mapped[str] = mapped_column(Text, unique=True)
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    city: Mapped[str | None] = mapped_column(Text)
    state: Mapped[UnmetNeedState] = mapped_column(Enumerated(UnmetNeedState))
    subject: Mapped[str] = mapped_column(Text)
    methods: Mapped[str] = mapped_column(Text)
    needed_from: Mapped[date | None] = mapped_column(Date)
    needed_until: Mapped[date | None] = mapped_column(Date)
    why: Mapped[str] = mapped_column(Text)
    filters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    found_total: Mapped[int] = mapped_column(BigInteger)
    found_first: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    stated_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    stated_at: Mapped[datetime] = mapped_column(UTC)
    opinion: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UTC)
    outcome: Mapped[NeedOutcome | None] = mapped_column(Enumerated(NeedOutcome))
    closing_note: Mapped[str] = mapped_column(Text, default="")
    closed_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UTC)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTC)

    proposals: Mapped[list[NeedProposal]] = relationship(order_by="NeedProposal.id")

    @property
    def reasons(self) -> list[Ground]:
        """What the office's answer and its closing rest on; nothing before either."""
        return need_grounds(
            number=self.number,
            stated_on=self.stated_at,
            found_total=self.found_total,
            answered_on=self.answered_at,
            opinion=self.opinion,
            proposed=len(self.proposals),
            outcome=self.outcome,
            closed_on=self.closed_at,
            note=self.closing_note,
        )


class NeedProposal(Model):
    """A published instrument or service of the province that an office holds against a stated need."""

    __tablename__ = "unmet_need_proposal"
    __table_args__ = (
        UniqueConstraint("unmet_need_id", "instrument_id", name="uq_unmet_need_proposal_instrument"),
        UniqueConstraint("unmet_need_id", "service_id", name="uq_unmet_need_proposal_service"),
    )

    id: Mapped[int] = identity_key()
    unmet_need_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("unmet_need.id"))
    instrument_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("instrument.id"))
    service_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("service.id"))
    proposed_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    proposed_at: Mapped[datetime] = mapped_column(UTC)
