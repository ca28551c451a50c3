"""The decision about an order's entitlement, frozen when the order is placed (V12 facts)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, Index, Numeric, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model
from core.kinds import ServiceKind
from core.types import UTC, Enumerated, Fen, identity_key
from vouchers.rules.facts import PaymentMode


class EntitlementDecision(Model):
    """What an order was entitled to, on which facts, by which version of the policy. Never changed.

    ``facts`` is a quote case with all it rested on; ``held_fen`` is what was held of the yearly cap of ``cap_owner``
    in ``year`` when the order was placed. What the hold is now stands in settlement.
    ``aids`` is what programmes of cities granted beside it (V6), as :class:`vouchers.rules.aids.Aid` writes them.
    """

    __tablename__ = "entitlement_decision"
    __table_args__ = (
        Index("ix_entitlement_decision_beneficiary_id", "beneficiary_id"),
        Index("ix_entitlement_decision_cap_owner_year", "cap_owner", "year"),
    )

    id: Mapped[int] = identity_key()
    order_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    beneficiary_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    provider_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    service_kind: Mapped[ServiceKind] = mapped_column(Enumerated(ServiceKind))
    payment_mode: Mapped[PaymentMode] = mapped_column(Enumerated(PaymentMode))
    judged_on: Mapped[date] = mapped_column(Date)
    policy_version: Mapped[str | None] = mapped_column(Text)
    snapshot_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("policy_snapshot.id"))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    eligible: Mapped[bool] = mapped_column(Boolean)
    rate: Mapped[Decimal | None] = mapped_column(Numeric(5, 4))
    base_fen: Mapped[int] = mapped_column(Fen)
    entitlement_fen: Mapped[int] = mapped_column(Fen)
    cap_room_fen: Mapped[int] = mapped_column(Fen)
    held_fen: Mapped[int] = mapped_column(Fen)
    cap_owner: Mapped[str] = mapped_column(Text)
    year: Mapped[int] = mapped_column(SmallInteger)
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    flags: Mapped[list[str]] = mapped_column(JSONB)
    aids: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    decided_at: Mapped[datetime] = mapped_column(UTC)
