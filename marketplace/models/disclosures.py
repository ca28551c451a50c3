"""Applications for disclosure, and what others say whose interests they touch (V18)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import clock, policy
from core.db import Model
from core.files import StoredFile
from core.grounds import Ground
from core.texts import Text as Sentence
from core.types import UTC, Enumerated, identity_key
from marketplace.rules.disclosure import Applicant, DisclosedRecord
from marketplace.rules.disclosure_policy import disclosure_terms
from marketplace.rules.office_grounds import disclosure_grounds
from marketplace.states import DisclosureState


class DisclosureApplication(Model):
    """One application to a city's bureau, or to the province where ``city`` is None.

    ``due_on`` is the last day of the answer as it stands: with the one extension, and with the working days for which
    the term rested while others were asked (``paused_working_days``). It rests since ``paused_on``.
    """

    __tablename__ = "disclosure_application"
    __table_args__ = (
        UniqueConstraint("city", "year", "serial", postgresql_nulls_not_distinct=True),
        Index("ix_disclosure_application_city_state", "city", "state"),
        Index("ix_disclosure_application_organisation_id", "organisation_id"),
    )

    id: Mapped[int] = identity_key()
    city: Mapped[str | None] = mapped_column(Text)
    year: Mapped[int] = mapped_column(SmallInteger)
    serial: Mapped[int] = mapped_column(Integer)
    number: Mapped[str] = mapped_column(Text, unique=True)
    state: Mapped[DisclosureState] = mapped_column(Enumerated(DisclosureState))
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    applicant_kind: Mapped[Applicant] = mapped_column(Enumerated(Applicant))
    applicant_name: Mapped[str] = mapped_column(Text)
    contact: Mapped[str] = mapped_column(Text)
    wanted: Mapped[str] = mapped_column(Text)
    about_kind: Mapped[DisclosedRecord | None] = mapped_column(Enumerated(DisclosedRecord))
    about_id: Mapped[int | None] = mapped_column(BigInteger)
    received_at: Mapped[datetime] = mapped_column(UTC)
    due_on: Mapped[date] = mapped_column(Date)
    extended_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    extended_at: Mapped[datetime | None] = mapped_column(UTC)
    extension_reason: Mapped[str] = mapped_column(Text, default="")
    paused_on: Mapped[date | None] = mapped_column(Date)
    paused_working_days: Mapped[int] = mapped_column(SmallInteger, default=0)
    reminded_on: Mapped[date | None] = mapped_column(Date)
    grounds: Mapped[list[str]] = mapped_column(JSONB, default=list)
    opinion: Mapped[str] = mapped_column(Text, default="")
    answer_file_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    decided_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTC)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTC)

    answer_file: Mapped[StoredFile | None] = relationship()
    consultations: Mapped[list[DisclosureConsultation]] = relationship(
        order_by="DisclosureConsultation.id", back_populates="application"
    )

    @property
    def concerns(self) -> Mapping[str, Collection[int]]:
        """The record that information is wanted of; of a summary, its claims."""
        wanted = [] if self.about_id is None else [self.about_id]
        match self.about_kind:
            case DisclosedRecord.CLAIM:
                return {"claim.id": wanted}
            case DisclosedRecord.SUMMARY:
                return {"review_summary_claim.summary_id": wanted}
        return {}

    @property
    def refused_for(self) -> list[Sentence]:
        """The grounds of a refusal in words, as the policy of the day of the answer has them."""
        if self.decided_at is None:
            return []
        known = disclosure_terms(policy.current(), clock.today(self.decided_at)).grounds
        return [known.get(each, Sentence(each, each)) for each in self.grounds]

    @property
    def reasons(self) -> list[Ground]:
        """What putting the answer off and the answer rest on; nothing before."""
        return disclosure_grounds(
            self.state,
            wanted=self.wanted,
            received_on=self.received_at,
            due_on=self.due_on,
            extended_on=self.extended_at,
            why=self.extension_reason,
            decided_on=self.decided_at,
            refused_for=self.refused_for,
            opinion=self.opinion,
        )


class DisclosureConsultation(Model):
    """A question to whoever the wanted information is about: whether it may be given out.

    ``consents`` is None until the answer; ``lapsed_at`` says that the last day went by without one.
    """

    __tablename__ = "disclosure_consultation"
    __table_args__ = (
        UniqueConstraint("application_id", "organisation_id"),
        Index("ix_disclosure_consultation_organisation_id", "organisation_id"),
    )

    id: Mapped[int] = identity_key()
    application_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("disclosure_application.id"))
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    question: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    asked_at: Mapped[datetime] = mapped_column(UTC)
    answer_by: Mapped[date] = mapped_column(Date)
    consents: Mapped[bool | None] = mapped_column(Boolean)
    statement: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UTC)
    lapsed_at: Mapped[datetime | None] = mapped_column(UTC)

    application: Mapped[DisclosureApplication] = relationship(back_populates="consultations")

    @property
    def is_open(self) -> bool:
        """Whether it still waits."""
        return self.answered_at is None and self.lapsed_at is None
