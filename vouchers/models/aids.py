"""What a city programme pays of a claim beside the province (V6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.types import Fen, identity_key
from vouchers.states import ClaimState

if TYPE_CHECKING:
    from vouchers.models.claims import Claim


class ClaimAid(Model):
    """One programme's part of a claim. Aid ≥ claimed ≥ approved ≥ confirmed (invariant 4).

    ``aid_fen`` is what the order's aid was at completion; in direct deduction the user's fee was lowered by it.
    ``fund`` is the programme under which settlement keeps its fund.
    """

    __tablename__ = "claim_aid"
    __table_args__ = (UniqueConstraint("claim_id", "programme"),)

    id: Mapped[int] = identity_key()
    claim_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("claim.id"))
    programme: Mapped[str] = mapped_column(Text)
    fund: Mapped[str] = mapped_column(Text)
    aid_fen: Mapped[int] = mapped_column(Fen)
    claimed_fen: Mapped[int] = mapped_column(Fen)
    approved_fen: Mapped[int | None] = mapped_column(Fen)
    confirmed_fen: Mapped[int | None] = mapped_column(Fen)

    claim: Mapped[Claim] = relationship("Claim", back_populates="aids")

    @property
    def standing_fen(self) -> int:
        """What it stands at now."""
        known = (self.confirmed_fen, self.approved_fen, self.claimed_fen)
        return next(sum_fen for sum_fen in known if sum_fen is not None)

    @property
    def standing_approved_fen(self) -> int | None:
        """What followed of it from the city's approval, as it stands: nothing once its claim is revoked."""
        return 0 if self.claim.state is ClaimState.REVOKED else self.approved_fen

    @property
    def standing_confirmed_fen(self) -> int | None:
        """What is confirmed of it, as it stands: nothing once its claim is revoked."""
        return 0 if self.claim.state is ClaimState.REVOKED else self.confirmed_fen

    @property
    def source(self) -> str:
        """How settlement names it."""
        return f"aid:{self.id}"
