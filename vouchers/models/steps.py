"""Why a sum is what it is: the policy that decided it, and every step it took since. Both only grow."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model
from core.types import UTC, Enumerated, Fen, identity_key
from vouchers.rules.steps import StepKind


class PolicySnapshot(Model):
    """The values a decision was made by, as they were that day. Never changed.

    ``content`` is the edition as JSON and ``digest`` its SHA-256; ``version`` is how the pack named it. Two snapshots
    of one version differ in nothing but the last day of an entry.
    """

    __tablename__ = "policy_snapshot"
    __table_args__ = (Index("ix_policy_snapshot_version", "version"),)

    id: Mapped[int] = identity_key()
    digest: Mapped[str] = mapped_column(Text, unique=True)
    version: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)
    kept_at: Mapped[datetime] = mapped_column(UTC)


class EntitlementStep(Model):
    """One step of what an order's voucher is worth, from ``before_fen`` to ``after_fen``. Never changed.

    With a ``programme`` it is a step of what that programme of a city adds (V6); the steps of each go on by themselves.
    ``inputs`` are what the step was made of; vouchers.rules.steps.result computes ``after_fen`` from them again. The
    first step of an order begins with the fee.
    """

    __tablename__ = "entitlement_step"
    __table_args__ = (
        Index("ix_entitlement_step_order_id_id", "order_id", "id"),
        Index("ix_entitlement_step_claim_id", "claim_id"),
    )

    id: Mapped[int] = identity_key()
    order_id: Mapped[int] = mapped_column(BigInteger)
    claim_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("claim.id"))
    programme: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[StepKind] = mapped_column(Enumerated(StepKind))
    article: Mapped[str] = mapped_column(Text)
    before_fen: Mapped[int] = mapped_column(Fen)
    after_fen: Mapped[int] = mapped_column(Fen)
    inputs: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(UTC)
