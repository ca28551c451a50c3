"""A provider's standing consent to orders of a service."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model
from core.types import UTC, identity_key


class ServiceConsent(Model):
    """The provider accepts every order of a service that its booking rules allow, before it is asked (V16, ADR 0209).

    Orders paid in full are always meant, ``direct_deduction`` says whether those in direct deduction are too: by
    accepting, a provider agrees the payment mode. One at most is in force; ``service.consent_id`` names it.
    """

    __tablename__ = "service_consent"
    __table_args__ = (
        Index("uq_service_consent_service_id", "service_id", unique=True, postgresql_where=text("revoked_at IS NULL")),
        Index("ix_service_consent_service_id_id", "service_id", "id"),
    )

    id: Mapped[int] = identity_key()
    service_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("service.id"))
    direct_deduction: Mapped[bool] = mapped_column(Boolean)
    given_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    given_at: Mapped[datetime] = mapped_column(UTC)
    revoked_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(UTC)
