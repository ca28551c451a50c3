"""Reviews of dear purchases with provincial money against the catalogue (S27)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Integer, SmallInteger, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.grounds import Ground
from core.types import UTC, Enumerated, Fen, identity_key
from instruments.rules.purchases import FoundBy, PurchaseDecision, purchase_grounds
from instruments.states import PurchaseReviewState


class DuplicatePurchaseReview(Model):
    """One purchase as its buyer states it, and what became of it; texts are '' where nothing is said.

    ``provincial_fen`` is the provincial money in ``value_fen``; ``city`` is where the buyer sat when he asked;
    ``round`` counts how often it was handed in, each time with a search of its own; ``share_ids`` are the instruments
    the province names where sharing serves.
    """

    __tablename__ = "duplicate_purchase_review"
    __table_args__ = (
        UniqueConstraint("year", "serial", name="uq_duplicate_purchase_review_year"),
        Index("ix_duplicate_purchase_review_organisation_id", "organisation_id"),
        Index("ix_duplicate_purchase_review_city_state", "city", "state"),
    )

    id: Mapped[int] = identity_key()
    year: Mapped[int] = mapped_column(SmallInteger)
    serial: Mapped[int] = mapped_column(Integer)
    number: Mapped[str] = mapped_column(Text, unique=True)
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    city: Mapped[str | None] = mapped_column(Text)
    state: Mapped[PurchaseReviewState] = mapped_column(Enumerated(PurchaseReviewState))
    name: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)
    specifications: Mapped[str] = mapped_column(Text)
    value_fen: Mapped[int] = mapped_column(Fen)
    provincial_fen: Mapped[int] = mapped_column(Fen)
    funding_source: Mapped[str] = mapped_column(Text)
    county: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    round: Mapped[int] = mapped_column(SmallInteger)
    asked_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    asked_at: Mapped[datetime] = mapped_column(UTC)
    decision: Mapped[PurchaseDecision | None] = mapped_column(Enumerated(PurchaseDecision))
    decided_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTC)
    opinion: Mapped[str] = mapped_column(Text, default="")
    share_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=list)

    searches: Mapped[list[PurchaseSearch]] = relationship(order_by="PurchaseSearch.round")

    @property
    def searched(self) -> PurchaseSearch:
        """The search of its present round."""
        return self.searches[-1]

    @property
    def reasons(self) -> list[Ground]:
        """What the province's decision rests on; nothing before it."""
        search = self.searched
        return purchase_grounds(
            number=self.number,
            asked_on=self.asked_at,
            provincial_fen=self.provincial_fen,
            searched_on=search.made_at,
            named=search.named_total,
            kept=len(search.comparables),
            decided_on=self.decided_at,
            decision=self.decision,
            opinion=self.opinion,
            shared=[each["name"] for each in search.comparables if each["id"] in self.share_ids],
        )


class PurchaseSearch(Model):
    """What the catalogue held against a purchase when it was handed in; never changed.

    ``asked`` is the statement of that round, ``looks`` are the searches made with what each found, ``comparables`` the
    closest instruments as they were then, with their hours from ``used_from`` to ``used_until`` and those free from the
    day after to ``free_until``.
    """

    __tablename__ = "purchase_search"
    __table_args__ = (UniqueConstraint("review_id", "round", name="uq_purchase_search_review_id"),)

    id: Mapped[int] = identity_key()
    review_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("duplicate_purchase_review.id"))
    round: Mapped[int] = mapped_column(SmallInteger)
    made_at: Mapped[datetime] = mapped_column(UTC)
    asked: Mapped[dict[str, Any]] = mapped_column(JSONB)
    looks: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    comparables: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    used_from: Mapped[date] = mapped_column(Date)
    used_until: Mapped[date] = mapped_column(Date)
    free_until: Mapped[date] = mapped_column(Date)

    @property
    def named_total(self) -> int:
        """How many instruments the catalogue had by the name of what is to be bought."""
        return sum(each["total"] for each in self.looks if each["by"] == FoundBy.NAME)
