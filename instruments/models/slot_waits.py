"""Who waits for a slot that somebody else has."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model
from core.types import UTC, Enumerated, Period, Span, identity_key
from instruments.states import SlotWaitState

_OPEN = text("state IN ('waiting', 'offered')")


class SlotWait(Model):
    """A user organisation that is told when a taken slot becomes free, in order of asking. Nothing is held for it.

    ``offered_at`` and ``book_by`` are of the offer in force, None without one. The database refuses a second open one
    of the same user for a time, and two offers of one time.
    """

    __tablename__ = "slot_wait"
    __table_args__ = (
        Index("ix_slot_wait_open", "instrument_id", "id", postgresql_where=_OPEN),
        Index("ix_slot_wait_organisation_id", "organisation_id", "id"),
    )

    id: Mapped[int] = identity_key()
    instrument_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("instrument.id"))
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    during: Mapped[Span] = mapped_column(Period)
    state: Mapped[SlotWaitState] = mapped_column(Enumerated(SlotWaitState))
    offered_at: Mapped[datetime | None] = mapped_column(UTC)
    book_by: Mapped[datetime | None] = mapped_column(UTC)
    asked_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    asked_at: Mapped[datetime] = mapped_column(UTC)
