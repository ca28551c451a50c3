"""Priced services and the instruments they rest on."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Organisation
from core.db import Model
from core.kinds import ServiceKind
from core.types import UTC, Enumerated, Fen, identity_key
from instruments.models.extras import ServiceExtra
from instruments.models.instruments import Instrument
from instruments.rules.services import PriceFacts, ServiceFacts
from instruments.rules.terms import PriceUnit
from instruments.states import ServiceState


class ServiceInstrument(Model):
    """A service rests on an instrument (V11)."""

    __tablename__ = "service_instrument"
    __table_args__ = (Index("ix_service_instrument_instrument_id", "instrument_id"),)

    service_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("service.id"), primary_key=True)
    instrument_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("instrument.id"), primary_key=True)


class Service(Model):
    """What a provider offers at a price. Drafts may leave out what V14 demands of a published one.

    ``cost_fen`` is what one unit costs a fiscally built provider, ``cost_basis`` the document that says so (V13). What
    it costs stands in :class:`~instruments.models.prices.ServicePrice` by day; the columns here are those of the
    version in force on ``priced_on``, and in a draft what the first one will be. ``consent_id`` is the provider's
    standing consent in force, by which orders are accepted at once.
    """

    __tablename__ = "service"
    __table_args__ = (
        UniqueConstraint("provider_id", "external_id"),
        Index("ix_service_tokens", "tokens", postgresql_using="gin"),
        Index("ix_service_state_kind_id", "state", "kind", "id"),
    )

    id: Mapped[int] = identity_key()
    provider_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    external_id: Mapped[str] = mapped_column(Text)
    kind: Mapped[ServiceKind] = mapped_column(Enumerated(ServiceKind))
    title: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text, default="")
    process: Mapped[str] = mapped_column(Text, default="")
    equipment: Mapped[str] = mapped_column(Text, default="")
    standard: Mapped[str] = mapped_column(Text, default="")
    price_fen: Mapped[int | None] = mapped_column(Fen)
    price_unit: Mapped[PriceUnit | None] = mapped_column(Enumerated(PriceUnit))
    by_negotiation: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    own_price_fen: Mapped[int | None] = mapped_column(Fen)
    outside_price_fen: Mapped[int | None] = mapped_column(Fen)
    minimum_charge_fen: Mapped[int | None] = mapped_column(Fen)
    billing_step_minutes: Mapped[int | None] = mapped_column(SmallInteger)
    cost_fen: Mapped[int | None] = mapped_column(Fen)
    cost_basis: Mapped[str] = mapped_column(Text, default="")
    phone: Mapped[str] = mapped_column(Text, default="")
    turnaround_days: Mapped[int | None] = mapped_column(Integer)
    free_cancellation_hours: Mapped[int | None] = mapped_column(SmallInteger)
    late_cancellation_percent: Mapped[int | None] = mapped_column(SmallInteger)
    no_show_percent: Mapped[int | None] = mapped_column(SmallInteger)
    priced_on: Mapped[date | None] = mapped_column(Date)
    consent_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("service_consent.id", name="fk_service_consent_id_service_consent", use_alter=True)
    )
    state: Mapped[ServiceState] = mapped_column(Enumerated(ServiceState))
    created_at: Mapped[datetime] = mapped_column(UTC)
    updated_at: Mapped[datetime] = mapped_column(UTC)
    import_digest: Mapped[str] = mapped_column(Text, default="")
    tokens: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, deferred=True)

    provider: Mapped[Organisation] = relationship()
    instruments: Mapped[list[Instrument]] = relationship(
        secondary="service_instrument", order_by="Instrument.id", lazy="selectin"
    )

    extras: Mapped[list[ServiceExtra]] = relationship(order_by=ServiceExtra.id, viewonly=True)

    @property
    def is_instant(self) -> bool:
        """Whether its provider accepts orders ahead: those paid in full, and perhaps those in direct deduction."""
        return self.consent_id is not None

    @property
    def price_facts(self) -> PriceFacts:
        """What it says a unit costs."""
        return PriceFacts(
            price_fen=self.price_fen,
            price_unit=self.price_unit,
            by_negotiation=bool(self.by_negotiation),
            own_price_fen=self.own_price_fen,
            outside_price_fen=self.outside_price_fen,
            minimum_charge_fen=self.minimum_charge_fen,
            billing_step_minutes=self.billing_step_minutes,
            free_cancellation_hours=self.free_cancellation_hours,
            late_cancellation_percent=self.late_cancellation_percent,
            no_show_percent=self.no_show_percent,
        )

    @property
    def facts(self) -> ServiceFacts:
        """What V13 and V14 look at."""
        return ServiceFacts(
            content=self.content,
            process=self.process,
            equipment=self.equipment,
            **asdict(self.price_facts),
            phone=self.phone,
            turnaround_days=self.turnaround_days,
            is_fiscal=self.provider.fiscal,
            cost_fen=self.cost_fen,
            cost_basis=self.cost_basis,
        )
