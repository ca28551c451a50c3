"""Requests for offers where a service is priced by negotiation, and every offer made to them (ADR 0237)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Integer, Numeric, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Model
from core.types import UTC, Enumerated, Fen, identity_key
from instruments.rules.agreements import AgreedPrice
from instruments.rules.pricing import Tariff
from instruments.rules.terms import PriceUnit
from marketplace.rules.lines import agreed_extras
from marketplace.rules.negotiations import OfferOutcome
from marketplace.states import NegotiationState


class Negotiation(Model):
    """What a user wants of a service without a published price. What was asked never changes; the rounds are its
    offers. ``title`` is what the service was called then."""

    __tablename__ = "negotiation"
    __table_args__ = (
        Index("ix_negotiation_beneficiary_id_id", "beneficiary_id", "id"),
        Index("ix_negotiation_provider_id_id", "provider_id", "id"),
    )

    id: Mapped[int] = identity_key()
    beneficiary_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    provider_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    service_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("service.id"))
    title: Mapped[str] = mapped_column(Text)
    state: Mapped[NegotiationState] = mapped_column(Enumerated(NegotiationState))
    subject: Mapped[str] = mapped_column(Text)
    extent: Mapped[str] = mapped_column(Text)
    needed_from: Mapped[date | None] = mapped_column(Date)
    needed_until: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    asked_at: Mapped[datetime] = mapped_column(UTC)
    ending_note: Mapped[str] = mapped_column(Text, default="")

    offers: Mapped[list[NegotiationOffer]] = relationship(order_by="NegotiationOffer.id", lazy="selectin")

    @property
    def latest(self) -> NegotiationOffer | None:
        """The offer of the last round, if there is one."""
        return self.offers[-1] if self.offers else None


class NegotiationOffer(Model):
    """One round: what the provider offered, and what became of it. The offer itself never changes.

    ``lines`` are what is offered beside the service, as :func:`marketplace.rules.negotiations.kept_lines` keeps them;
    ``answered_by`` is None where it expired.
    """

    __tablename__ = "negotiation_offer"
    __table_args__ = (
        UniqueConstraint("negotiation_id", "round", name="uq_negotiation_offer_round"),
        Index("uq_negotiation_offer_open", "negotiation_id", unique=True, postgresql_where=text("outcome IS NULL")),
    )

    id: Mapped[int] = identity_key()
    negotiation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("negotiation.id"))
    round: Mapped[int] = mapped_column(SmallInteger)
    price_unit: Mapped[PriceUnit] = mapped_column(Enumerated(PriceUnit))
    quantity: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    unit_price_fen: Mapped[int] = mapped_column(Fen)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    price_fen: Mapped[int] = mapped_column(Fen)
    turnaround_days: Mapped[int] = mapped_column(Integer)
    valid_until: Mapped[date] = mapped_column(Date)
    conditions: Mapped[str] = mapped_column(Text)
    cost_fen: Mapped[int | None] = mapped_column(Fen)
    cost_basis: Mapped[str] = mapped_column(Text)
    offered_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    offered_at: Mapped[datetime] = mapped_column(UTC)
    outcome: Mapped[OfferOutcome | None] = mapped_column(Enumerated(OfferOutcome))
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UTC)

    @property
    def agreed(self) -> AgreedPrice:
        """The price that a quote takes where the user agreed to it."""
        return AgreedPrice(
            price_unit=self.price_unit,
            quantity=self.quantity,
            tariff=Tariff(unit_price_fen=self.unit_price_fen),
            extras=tuple(agreed_extras(self.lines)),
            turnaround_days=self.turnaround_days,
        )
