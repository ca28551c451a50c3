"""The national network's classes of instruments, as they were imported."""

from __future__ import annotations

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model


class InstrumentClass(Model):
    """A class: six digits, of which zeros at the end stand for a broader one; ``name_en`` may be empty."""

    __tablename__ = "instrument_class"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="")
