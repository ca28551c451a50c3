"""Records of instruments imported free of duty (S5)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.files import StoredFile
from core.types import UTC, Enumerated, identity_key
from instruments.rules.duty_free import SharingLeave


class DutyFreeImport(Model):
    """What customs has on record of one instrument, as its owner states it with the paper; what was stated before is in
    the trail. ``supervised_until`` is the last day of the supervision; ``limits`` says to whom or what for others may
    use it until then, '' where nothing limits them."""

    __tablename__ = "duty_free_import"
    __table_args__ = (Index("ix_duty_free_import_file_id", "file_id"),)

    id: Mapped[int] = identity_key()
    instrument_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("instrument.id"), unique=True)
    declaration_number: Mapped[str] = mapped_column(Text)
    released_on: Mapped[date] = mapped_column(Date)
    supervised_until: Mapped[date] = mapped_column(Date)
    leave: Mapped[SharingLeave] = mapped_column(Enumerated(SharingLeave))
    leave_reference: Mapped[str] = mapped_column(Text)
    limits: Mapped[str] = mapped_column(Text)
    file_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    recorded_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime] = mapped_column(UTC)

    file: Mapped[StoredFile] = relationship(lazy="joined", innerjoin=True)
