"""Cut-offs that were put on another day than the policy's."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model
from core.types import UTC, identity_key


class CutoffChange(Model):
    """A cut-off put on another day, by the day the policy names. Never changed: the latest of a cut-off holds."""

    __tablename__ = "cutoff_change"
    __table_args__ = (Index("ix_cutoff_change_nominal_id", "nominal", "id"),)

    id: Mapped[int] = identity_key()
    nominal: Mapped[date] = mapped_column(Date)
    day: Mapped[date] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    changed_at: Mapped[datetime] = mapped_column(UTC)
