"""Terms of listings: changes that a listing does not tell yet, and who was reminded of which term (S13, S14)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.types import UTC, Enumerated, identity_key
from instruments.models.instruments import Instrument
from instruments.rules.deadlines import ChangeKind, ReminderStep, Term
from instruments.states import ReportedChangeState


class ReportedChange(Model):
    """Something about a listed instrument changed on ``changed_on``, as its owner or authority reported.

    ``reporter_id`` is the organisation that said so; ``digest`` is over what the listing said then, so that it shows
    whether it says anything else since. ``ended_at`` is when the listing followed or the report was taken back.
    """

    __tablename__ = "reported_change"
    __table_args__ = (
        Index("ix_reported_change_instrument_id", "instrument_id"),
        Index("ix_reported_change_open", "changed_on", postgresql_where=text("state = 'open'")),
    )

    id: Mapped[int] = identity_key()
    instrument_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("instrument.id"))
    kind: Mapped[ChangeKind] = mapped_column(Enumerated(ChangeKind))
    changed_on: Mapped[date] = mapped_column(Date)
    note: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Text)
    state: Mapped[ReportedChangeState] = mapped_column(Enumerated(ReportedChangeState))
    reporter_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    reported_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    reported_at: Mapped[datetime] = mapped_column(UTC)
    ended_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UTC)

    instrument: Mapped[Instrument] = relationship(lazy="joined", innerjoin=True)

    @property
    def provider_id(self) -> int:
        """Whose instrument it is."""
        return self.instrument.provider_id


class TermReminder(Model):
    """What a provider was told on a day: so many listings and updates come due, or are overdue; never changed."""

    __tablename__ = "term_reminder"
    __table_args__ = (UniqueConstraint("provider_id", "on", "step", name="uq_term_reminder_provider_id"),)

    id: Mapped[int] = identity_key()
    provider_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    on: Mapped[date] = mapped_column(Date)
    step: Mapped[ReminderStep] = mapped_column(Enumerated(ReminderStep))
    listings: Mapped[int] = mapped_column(Integer)
    updates: Mapped[int] = mapped_column(Integer)
    first_due_on: Mapped[date] = mapped_column(Date)
    reminded_at: Mapped[datetime] = mapped_column(UTC)


class TermReminderLine(Model):
    """One term of which a reminder told; the key has each told once."""

    __tablename__ = "term_reminder_line"
    __table_args__ = (Index("ix_term_reminder_line_reminder_id", "reminder_id"),)

    instrument_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("instrument.id"), primary_key=True)
    term: Mapped[Term] = mapped_column(Enumerated(Term), primary_key=True)
    began_on: Mapped[date] = mapped_column(Date, primary_key=True)
    step: Mapped[ReminderStep] = mapped_column(Enumerated(ReminderStep), primary_key=True)
    reminder_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("term_reminder.id"))
    due_on: Mapped[date] = mapped_column(Date)
