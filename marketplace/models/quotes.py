"""A quote: what a service would cost and what the voucher would pay, held for nobody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, Index, Integer, Numeric, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model
from core.kinds import ServiceKind
from core.types import UTC, Enumerated, Fen, Period, Span, identity_key
from instruments.rules.agreements import AgreedPrice
from instruments.rules.cancelling import CancellationTerms
from instruments.rules.pricing import Tariff
from instruments.rules.terms import PriceGroup, PriceUnit
from marketplace.rules.lines import SERVICE, Line, agreed_extras, counting_fen, extra_lines
from vouchers.rules.facts import Exclusion, PaymentMode


class Quote(Model):
    """One answer to "what would this cost me?"; its sums were true when it was given.

    ``facts`` is the quote case it rests on and ``snapshot_id`` the policy it was judged by; quotes from before these
    were kept have neither. ``price_id`` is the version of the price that was in force, and ``price_group`` whose price
    of it the unit price is; they too are None for older ones. ``unmet_need`` says why the province cannot meet the
    need; where it rests on a statement (``unmet_need_id``), its number comes first (V16 out). ``extras`` are those
    wanted with the service, as :func:`marketplace.rules.lines.kept_extras` keeps them. ``consent_id`` is the provider's
    standing consent that would have accepted an order at that moment. ``offer_id`` is the offer whose price was agreed
    on, where the service has no published one; its lines then stand in ``extras`` by their numbers. ``series_id`` is
    the series of bookings it is part of: orders on it are placed by that.
    """

    __tablename__ = "quote"
    __table_args__ = (
        Index("ix_quote_beneficiary_id_id", "beneficiary_id", "id"),
        Index("ix_quote_series_id", "series_id", postgresql_where=text("series_id IS NOT NULL")),
        Index("ix_quote_unmet_need_id", "unmet_need_id", postgresql_where=text("unmet_need_id IS NOT NULL")),
        Index("ix_quote_negotiation_id", "negotiation_id", postgresql_where=text("negotiation_id IS NOT NULL")),
    )

    id: Mapped[int] = identity_key()
    beneficiary_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    provider_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    service_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("service.id"))
    instrument_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("instrument.id"))
    during: Mapped[Span | None] = mapped_column(Period)
    quantity: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    service_kind: Mapped[ServiceKind] = mapped_column(Enumerated(ServiceKind))
    title: Mapped[str] = mapped_column(Text)
    price_unit: Mapped[str] = mapped_column(Text)
    unit_price_fen: Mapped[int] = mapped_column(Fen)
    minimum_charge_fen: Mapped[int | None] = mapped_column(Fen)
    billing_step_minutes: Mapped[int | None] = mapped_column(SmallInteger)
    price_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("service_price.id"))
    price_group: Mapped[PriceGroup | None] = mapped_column(Enumerated(PriceGroup))
    negotiation_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("negotiation.id"))
    offer_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("negotiation_offer.id"))
    extras: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    turnaround_days: Mapped[int | None] = mapped_column(Integer)
    free_cancellation_hours: Mapped[int | None] = mapped_column(SmallInteger)
    late_cancellation_percent: Mapped[int | None] = mapped_column(SmallInteger)
    no_show_percent: Mapped[int | None] = mapped_column(SmallInteger)
    consent_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("service_consent.id"))
    series_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("booking_series.id"))
    payment_mode: Mapped[PaymentMode] = mapped_column(Enumerated(PaymentMode))
    unmet_need: Mapped[str | None] = mapped_column(Text)
    unmet_need_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("unmet_need.id"))
    excluded: Mapped[Exclusion | None] = mapped_column(Enumerated(Exclusion))
    public_project_number: Mapped[str | None] = mapped_column(Text)
    restricted_industry: Mapped[bool] = mapped_column(Boolean)
    expected_completion: Mapped[date] = mapped_column(Date)
    price_fen: Mapped[int] = mapped_column(Fen)
    rate: Mapped[Decimal | None] = mapped_column(Numeric(5, 4))
    eligible: Mapped[bool] = mapped_column(Boolean)
    entitlement_fen: Mapped[int] = mapped_column(Fen)
    cap_room_fen: Mapped[int] = mapped_column(Fen)
    subsidy_fen: Mapped[int] = mapped_column(Fen)
    other_aid_fen: Mapped[int] = mapped_column(Fen, server_default="0")
    self_pay_fen: Mapped[int] = mapped_column(Fen)
    policy_version: Mapped[str | None] = mapped_column(Text)
    snapshot_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("policy_snapshot.id"))
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    flags: Mapped[list[str]] = mapped_column(JSONB)
    aids: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    created_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(UTC)
    expires_at: Mapped[datetime] = mapped_column(UTC)

    @property
    def tariff(self) -> Tariff:
        """What a quantity costs by it, the actual one at completion too."""
        return Tariff(
            unit_price_fen=self.unit_price_fen,
            minimum_charge_fen=self.minimum_charge_fen,
            billing_step_minutes=self.billing_step_minutes,
        )

    @property
    def agreed(self) -> AgreedPrice | None:
        """The price that was agreed on; None where it is a published one."""
        if self.offer_id is None or self.turnaround_days is None:
            return None
        return AgreedPrice(
            price_unit=PriceUnit(self.price_unit),
            quantity=self.quantity,
            tariff=self.tariff,
            extras=tuple(agreed_extras(self.extras)),
            turnaround_days=self.turnaround_days,
        )

    @property
    def cancellation(self) -> CancellationTerms:
        """What the user accepts for giving its booking up, by placing an order."""
        return CancellationTerms(
            free_cancellation_hours=self.free_cancellation_hours,
            late_cancellation_percent=self.late_cancellation_percent,
            no_show_percent=self.no_show_percent,
        )

    @property
    def billed_quantity(self) -> Decimal:
        """What is charged for: the quantity, begun steps of an hour counting as whole."""
        return self.tariff.billed(self.quantity)

    @property
    def lines(self) -> list[Line]:
        """What the price consists of."""
        return self.lines_for(self.quantity)

    @property
    def base_fen(self) -> int:
        """The part of the price that a voucher shares (V12 base)."""
        return counting_fen(self.lines)

    def lines_for(self, quantity: Decimal, extras: Mapping[str, str] | None = None) -> list[Line]:
        """The same for other quantities: of the service, and of extras by their numbers; as quoted where not said."""
        service = Line(
            kind=SERVICE,
            extra_id=None,
            price_id=self.price_id,
            price_group=self.price_group,
            title=self.title,
            unit=self.price_unit,
            unit_price_fen=self.unit_price_fen,
            quantity=quantity,
            billed_quantity=self.tariff.billed(quantity),
            sum_fen=self.tariff.charge(quantity),
            counts=True,
        )
        return [service, *extra_lines(self.extras, actual=extras)]
