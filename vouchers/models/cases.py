"""Cases: who holds a claim that waits for a decision, what colleagues say about it, and decisions about many."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model
from core.grounds import Ground
from core.types import UTC, Enumerated, Fen, identity_key
from vouchers.rules.review_grounds import together_grounds
from vouchers.rules.reviewing import BatchKind, CaseEnding, Recommendation


class ReviewCase(Model):
    """A claim in an officer's hands: nobody else decides it until ``last_day`` is over or the case has ended.

    ``reason`` says why it was taken over from somebody else, and is empty otherwise.
    """

    __tablename__ = "review_case"
    __table_args__ = (
        Index("ix_review_case_claim_id", "claim_id"),
        Index("uq_review_case_live", "claim_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[int] = identity_key()
    claim_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("claim.id"))
    office_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    holder_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    taken_at: Mapped[datetime] = mapped_column(UTC)
    last_day: Mapped[date] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(Text, default="")
    ended_at: Mapped[datetime | None] = mapped_column(UTC)
    ended_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    ending: Mapped[CaseEnding | None] = mapped_column(Enumerated(CaseEnding))


class CaseOpinion(Model):
    """What a colleague or the delegated agency prepared about a claim, for the offices alone. Never changed.

    ``checklist`` holds what was looked at and whether it was in order; it decides nothing.
    """

    __tablename__ = "case_opinion"
    __table_args__ = (Index("ix_case_opinion_claim_id", "claim_id"),)

    id: Mapped[int] = identity_key()
    claim_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("claim.id"))
    office_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    author_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    recommendation: Mapped[Recommendation | None] = mapped_column(Enumerated(Recommendation))
    amount_fen: Mapped[int | None] = mapped_column(Fen)
    checklist: Mapped[dict[str, Any]] = mapped_column(JSONB)
    opinion: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UTC)


class ReviewBatch(Model):
    """Claims decided alike with one confirmation of their number and total. Never changed."""

    __tablename__ = "review_batch"

    id: Mapped[int] = identity_key()
    kind: Mapped[BatchKind] = mapped_column(Enumerated(BatchKind))
    office_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    summary_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("review_summary.id"))
    claim_ids: Mapped[list[int]] = mapped_column(JSONB)
    total_fen: Mapped[int] = mapped_column(Fen)
    opinion: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    decided_at: Mapped[datetime] = mapped_column(UTC)

    @property
    def reasons(self) -> list[Ground]:
        """What the one confirmation rests on."""
        return together_grounds(
            self.kind,
            claims=self.claim_ids,
            total_fen=self.total_fen,
            decided_on=self.decided_at,
            opinion=self.opinion,
        )
