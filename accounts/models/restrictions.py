"""What a provider is restricted in, and till when (V20)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from accounts.kinds import RestrictionKind
from accounts.rules.grounds import restriction_grounds
from core.db import Model
from core.grounds import Ground
from core.types import UTC, Enumerated, identity_key


class ProviderRestriction(Model):
    """One thing a provider may not do from ``since`` to ``until``, both days included, unless it is lifted before.

    ``source`` names the decision it rests on, as ``naming:7``.
    """

    __tablename__ = "provider_restriction"
    __table_args__ = (
        Index("ix_provider_restriction_organisation_id_since", "organisation_id", "since"),
        Index("ix_provider_restriction_source", "source"),
    )

    id: Mapped[int] = identity_key()
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    kind: Mapped[RestrictionKind] = mapped_column(Enumerated(RestrictionKind))
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date] = mapped_column(Date)
    source: Mapped[str] = mapped_column(Text)
    imposed_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    imposed_at: Mapped[datetime] = mapped_column(UTC)
    lifted_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    lifted_at: Mapped[datetime | None] = mapped_column(UTC)
    lifted_why: Mapped[str | None] = mapped_column(Text)

    @property
    def reasons(self) -> list[Ground]:
        """What it rests on, and why it ended early."""
        return restriction_grounds(
            kind=self.kind,
            since=self.since,
            until=self.until,
            lifted_on=self.lifted_at,
            lifted_why=self.lifted_why,
        )
