"""Searches that users keep, and the daily look for what newly answers them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model
from core.types import UTC, Enumerated, identity_key
from instruments.states import SavedSearchState

_KEPT = text("state <> 'deleted'")


class SavedSearch(Model):
    """A search a user kept under a ``name``; ``filters`` are those of the search that say anything.

    What was published up to ``looked_until`` has been looked at. A deleted one keeps neither name nor filters, only
    that there was one, which the trail and notices name.
    """

    __tablename__ = "saved_search"
    __table_args__ = (
        Index("uq_saved_search_user_id_name", "user_id", "name", unique=True, postgresql_where=_KEPT),
        Index("ix_saved_search_active", "id", postgresql_where=text("state = 'active'")),
    )

    id: Mapped[int] = identity_key()
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    name: Mapped[str] = mapped_column(Text)
    filters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[SavedSearchState] = mapped_column(Enumerated(SavedSearchState))
    created_at: Mapped[datetime] = mapped_column(UTC)
    looked_until: Mapped[datetime] = mapped_column(UTC)


class SavedSearchLook(Model):
    """One day's look: how many instruments published from ``since`` until ``until`` answered. One a day at most."""

    __tablename__ = "saved_search_look"

    saved_search_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("saved_search.id"), primary_key=True, autoincrement=False
    )
    on: Mapped[date] = mapped_column("looked_on", Date, primary_key=True)
    since: Mapped[datetime] = mapped_column("published_since", UTC)
    until: Mapped[datetime] = mapped_column("published_until", UTC)
    found: Mapped[int] = mapped_column(BigInteger)
    looked_at: Mapped[datetime] = mapped_column(UTC)
