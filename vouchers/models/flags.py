"""Flags about claims, each with its evidence and what a reviewer found about it; readings that came late."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Numeric, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model
from core.grounds import Ground
from core.types import UTC, Enumerated, identity_key
from vouchers.rules.flags import FlagKind
from vouchers.rules.review_grounds import flag_grounds
from vouchers.states import FlagState


class ClaimFlag(Model):
    """One suspicion about a claim. It is never deleted and its evidence never changes.

    ``about`` names what the evidence is about, so that the same thing is raised once and another one as another flag.
    ``finding_needed``: by the policy of its day no claim is approved without a finding about it.
    ``finding`` is the reviewer's reason, ``decided_by`` and ``decided_at`` who gave it and when.
    """

    __tablename__ = "claim_flag"
    __table_args__ = (
        UniqueConstraint("claim_id", "kind", "about"),
        Index("ix_claim_flag_undecided", "claim_id", postgresql_where=text("state = 'raised'")),
    )

    id: Mapped[int] = identity_key()
    claim_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("claim.id"))
    kind: Mapped[FlagKind] = mapped_column(Enumerated(FlagKind))
    about: Mapped[str] = mapped_column(Text)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB)
    finding_needed: Mapped[bool] = mapped_column(Boolean)
    raised_at: Mapped[datetime] = mapped_column(UTC)
    state: Mapped[FlagState] = mapped_column(Enumerated(FlagState))
    finding: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTC)

    @property
    def reasons(self) -> list[Ground]:
        """What the finding about it rests on; nothing before."""
        if self.decided_at is None:
            return []
        return flag_grounds(
            self.state,
            kind=self.kind,
            raised_on=self.raised_at,
            decided_on=self.decided_at,
            finding=self.finding,
        )


class RecordAmendment(Model):
    """Readings of an instrument that came after the service record was frozen. Never changed; the latest counts."""

    __tablename__ = "claim_record_amendment"
    __table_args__ = (Index("ix_claim_record_amendment_claim_id", "claim_id"),)

    id: Mapped[int] = identity_key()
    claim_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("claim.id"))
    logged_hours: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    source: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UTC)
