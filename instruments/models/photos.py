"""Photos of instruments."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.files import StoredFile
from core.types import UTC, identity_key


class InstrumentPhoto(Model):
    """A photo with its captions, '' where there is none; the lowest ``position`` comes first."""

    __tablename__ = "instrument_photo"
    __table_args__ = (
        Index("ix_instrument_photo_instrument_id_position", "instrument_id", "position"),
        Index("ix_instrument_photo_file_id", "file_id"),
    )

    id: Mapped[int] = identity_key()
    instrument_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("instrument.id"))
    file_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    position: Mapped[int] = mapped_column(Integer)
    caption: Mapped[str] = mapped_column(Text, default="")
    caption_en: Mapped[str] = mapped_column(Text, default="")
    added_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    added_at: Mapped[datetime] = mapped_column(UTC)

    file: Mapped[StoredFile] = relationship(lazy="joined", innerjoin=True)
