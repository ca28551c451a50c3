"""Spot checks (飞行抽查): drawn from a stored frame with a stored seed (V19)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model
from core.types import UTC, identity_key


class SpotCheck(Model):
    """One draw: anybody who has the seed and the frame gets the same claims. Never changed.

    ``criteria`` is what the frame was narrowed to. With ``strata`` each is drawn for itself: ``{"from_fen", "weight",
    "size", "members"}``, which together are the frame; without any, the whole frame is.
    """

    __tablename__ = "spot_check"

    id: Mapped[int] = identity_key()
    seed: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(Text)
    frame: Mapped[list[int]] = mapped_column(JSONB)
    drawn: Mapped[list[int]] = mapped_column(JSONB)
    criteria: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    strata: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    drawn_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    drawn_at: Mapped[datetime] = mapped_column(UTC)
