"""Instruments, facilities and their listing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, FetchedValue, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Organisation
from core.conditions import fingerprint
from core.db import Model
from core.grounds import Ground
from core.types import UTC, Enumerated, Fen, identity_key
from instruments.rules.grounds import listing_grounds
from instruments.rules.listing import ListingFacts
from instruments.rules.terms import ExternalUse, Funding, InstrumentKind, PriceUnit
from instruments.states import ListingState

UNSHOWN = frozenset({"tokens", "import_digest", "changed_xid"})
"""Columns that nobody is shown."""
PUBLISHED = text("state = 'published'")


class Instrument(Model):
    """An instrument or facility of a provider, known to it by ``external_id``.

    ``county`` and ``city`` are six-digit codes, '' where unknown; other texts are '' where nothing is said. Dates:
    ``accepted_on`` starts the term of S13, ``changed_on`` that of S14. ``import_digest`` tells whether a file says
    anything new; ``tokens`` are what it can be found by; ``changed_xid`` numbers the transaction that changed it last.
    """

    __tablename__ = "instrument"
    __table_args__ = (
        UniqueConstraint("provider_id", "external_id"),
        Index("ix_instrument_tokens", "tokens", postgresql_using="gin"),
        Index("ix_instrument_provider_id_id", "provider_id", "id"),
        Index("ix_instrument_state_id", "state", "id"),
        Index("ix_instrument_accepted_on", "accepted_on"),
        Index("ix_instrument_updated_at", "updated_at"),
        Index("ix_instrument_changed_xid_id", "changed_xid", "id"),
        Index("ix_instrument_published_city", "city", "id", postgresql_where=PUBLISHED),
        Index("ix_instrument_published_county", "county", "id", postgresql_where=PUBLISHED),
        Index("ix_instrument_published_category", "category", "id", postgresql_where=PUBLISHED),
        Index("ix_instrument_published_category_code", "category_code", "id", postgresql_where=PUBLISHED),
        Index("ix_instrument_published_funding", "funding", "id", postgresql_where=PUBLISHED),
        Index("ix_instrument_published_value", "value_fen", "id", postgresql_where=PUBLISHED),
        Index("ix_instrument_published_name", "name", "id", postgresql_where=PUBLISHED),
        Index("ix_instrument_published_at", "published_at", postgresql_where=PUBLISHED),
    )

    id: Mapped[int] = identity_key()
    provider_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    external_id: Mapped[str] = mapped_column(Text)
    kind: Mapped[InstrumentKind] = mapped_column(Enumerated(InstrumentKind))
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="")
    model: Mapped[str] = mapped_column(Text, default="")
    maker: Mapped[str] = mapped_column(Text, default="")
    category_code: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[str] = mapped_column(Text, default="")
    value_fen: Mapped[int | None] = mapped_column(Fen)
    funding: Mapped[Funding] = mapped_column(Enumerated(Funding))
    specifications: Mapped[str] = mapped_column(Text, default="")
    functions: Mapped[str] = mapped_column(Text, default="")
    description: Mapped[str] = mapped_column(Text, default="")
    address: Mapped[str] = mapped_column(Text, default="")
    county: Mapped[str] = mapped_column(Text, default="")
    city: Mapped[str] = mapped_column(Text, default="")
    acquired_on: Mapped[date | None] = mapped_column(Date)
    accepted_on: Mapped[date | None] = mapped_column(Date)
    changed_on: Mapped[date | None] = mapped_column(Date)
    external_use: Mapped[ExternalUse] = mapped_column(Enumerated(ExternalUse))
    iot_sensor: Mapped[bool] = mapped_column(Boolean, default=False)
    duty_free: Mapped[bool] = mapped_column(Boolean, default=False)
    duty_free_record: Mapped[str] = mapped_column(Text, default="")
    secrecy_exempted_on: Mapped[date | None] = mapped_column(Date)
    secrecy_reference: Mapped[str] = mapped_column(Text, default="")
    reference_price_fen: Mapped[int | None] = mapped_column(Fen)
    reference_price_unit: Mapped[PriceUnit | None] = mapped_column(Enumerated(PriceUnit))
    state: Mapped[ListingState] = mapped_column(Enumerated(ListingState))
    submitted_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    submitted_at: Mapped[datetime | None] = mapped_column(UTC)
    reviewed_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UTC)
    review_opinion: Mapped[str] = mapped_column(Text, default="")
    review_defects: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    published_at: Mapped[datetime | None] = mapped_column(UTC)
    created_at: Mapped[datetime] = mapped_column(UTC)
    updated_at: Mapped[datetime] = mapped_column(UTC)
    import_digest: Mapped[str] = mapped_column(Text, default="")
    changed_xid: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue(), deferred=True)
    tokens: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, deferred=True)

    provider: Mapped[Organisation] = relationship()

    @property
    def reasons(self) -> list[Ground]:
        """What the review of its listing and its exemption rest on; nothing before."""
        return listing_grounds(
            returned=self.state is ListingState.RETURNED,
            name=self.name,
            funding=self.funding,
            value_fen=self.value_fen,
            submitted_on=self.submitted_at,
            decided_on=self.reviewed_at,
            opinion=self.review_opinion,
            defects=self.review_defects,
            exempted_on=self.secrecy_exempted_on,
            reference=self.secrecy_reference,
        )

    @property
    def version(self) -> str:
        """Changes with whatever is shown of it: the entity tag of the API."""
        said = [getattr(self, each.name) for each in self.__table__.columns if each.name not in UNSHOWN]
        return fingerprint([*said, self.provider.name, self.provider.city])

    @property
    def facts(self) -> ListingFacts:
        """What the listing rules look at."""
        return ListingFacts(
            kind=self.kind,
            funding=self.funding,
            value_fen=self.value_fen,
            name=self.name,
            category=self.category,
            external_use=self.external_use,
            iot_sensor=self.iot_sensor,
            duty_free=self.duty_free,
            duty_free_record=self.duty_free_record,
            secrecy_exempted_on=self.secrecy_exempted_on,
        )
