"""What ties an officer to an organisation: former employers, family, holdings."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from accounts.kinds import InterestKind
from core.db import Model
from core.types import UTC, Enumerated, identity_key


class UserInterest(Model):
    """One tie, as the officer or the administrator declared it.

    It is about an organisation of the platform, or about a code that may register one day. ``until`` is its last day,
    None while it lasts. A mistaken one is voided with a reason and kept.
    """

    __tablename__ = "user_interest"

    id: Mapped[int] = identity_key()
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    uscc: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[InterestKind] = mapped_column(Enumerated(InterestKind))
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str] = mapped_column(Text, default="")
    entered_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    entered_at: Mapped[datetime] = mapped_column(UTC)
    voided_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    voided_at: Mapped[datetime | None] = mapped_column(UTC)
    void_reason: Mapped[str] = mapped_column(Text, default="")
