"""A city's stamped summaries of reviewed claims (V18)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Integer, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.files import StoredFile
from core.types import UTC, Enumerated, Fen, identity_key
from vouchers.models.claims import Claim
from vouchers.states import SummaryState


class ReviewSummary(Model):
    """The reviewed claims a city sends up together. The stamped copy is an uploaded file.

    ``number`` names it in letters, made of the year and the ``serial`` of its city in it; ``document_file`` is the PDF
    to be stamped, written when the summary was made; the period is that of the reviews. Summaries from before there
    were PDFs have none of them.
    """

    __tablename__ = "review_summary"
    __table_args__ = (
        Index("ix_review_summary_city_id", "city", "id"),
        UniqueConstraint("city", "serial_year", "serial", name="uq_review_summary_serial"),
    )

    id: Mapped[int] = identity_key()
    city: Mapped[str] = mapped_column(Text)
    state: Mapped[SummaryState] = mapped_column(Enumerated(SummaryState))
    total_fen: Mapped[int] = mapped_column(Fen)
    created_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(UTC)
    stamp_file_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    stamped_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    stamped_at: Mapped[datetime | None] = mapped_column(UTC)
    dispatched_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    dispatched_at: Mapped[datetime | None] = mapped_column(UTC)

    serial_year: Mapped[int | None] = mapped_column(SmallInteger)
    serial: Mapped[int | None] = mapped_column(Integer)
    number: Mapped[str | None] = mapped_column(Text, unique=True)
    period_from: Mapped[date | None] = mapped_column(Date)
    period_to: Mapped[date | None] = mapped_column(Date)
    document_file_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("stored_file.id"))

    lines: Mapped[list[SummaryClaim]] = relationship(order_by="SummaryClaim.claim_id", back_populates="summary")
    stamp_file: Mapped[StoredFile | None] = relationship(foreign_keys=[stamp_file_id])
    document_file: Mapped[StoredFile | None] = relationship(foreign_keys=[document_file_id], lazy="joined")

    @property
    def document_sha256(self) -> str | None:
        """The checksum of the PDF."""
        return None if self.document_file is None else self.document_file.sha256

    @property
    def aid_fen(self) -> int:
        """What programmes of cities add to its claims, all together."""
        return sum(line.aid_fen for line in self.lines)

    @property
    def known_as(self) -> str:
        """The number that stands on it; the plain one where it has none."""
        return self.number or str(self.id)


class SummaryClaim(Model):
    """A claim in a summary with the sum the city approved, and what programmes of cities add to it (V6).

    Never changed, also after the province sent the claim back.
    """

    __tablename__ = "review_summary_claim"
    __table_args__ = (Index("ix_review_summary_claim_claim_id", "claim_id"),)

    summary_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("review_summary.id"), primary_key=True, autoincrement=False
    )
    claim_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("claim.id"), primary_key=True, autoincrement=False)
    approved_fen: Mapped[int] = mapped_column(Fen)
    aid_fen: Mapped[int] = mapped_column(Fen, server_default=text("0"))

    summary: Mapped[ReviewSummary] = relationship(back_populates="lines")
    claim: Mapped[Claim] = relationship()
