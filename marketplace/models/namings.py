"""Complaints about refusals, the naming of providers, and their referral to a department (V20, S29)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Organisation
from core.db import Model
from core.files import StoredFile
from core.grounds import Ground
from core.types import UTC, Enumerated, identity_key
from marketplace.models.orders import Order
from marketplace.rules.naming import NamingCause
from marketplace.rules.office_grounds import complaint_grounds
from marketplace.states import ComplaintState, NamingState, ReferralState


class Complaint(Model):
    """A user complains that a provider declined an order or let it lapse. One for each order."""

    __tablename__ = "complaint"
    __table_args__ = (Index("ix_complaint_provider_id", "provider_id"), Index("ix_complaint_state_id", "state", "id"))

    id: Mapped[int] = identity_key()
    order_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("order.id"), unique=True)
    provider_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    complainant_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    account: Mapped[str] = mapped_column(Text)
    state: Mapped[ComplaintState] = mapped_column(Enumerated(ComplaintState))
    filed_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    filed_at: Mapped[datetime] = mapped_column(UTC)
    opinion: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTC)

    order: Mapped[Order] = relationship()

    @property
    def reasons(self) -> list[Ground]:
        """What the decision on it rests on; nothing before."""
        if self.decided_at is None:
            return []
        return complaint_grounds(
            self.state,
            order=self.order_id,
            account=self.account,
            filed_on=self.filed_at,
            decided_on=self.decided_at,
            opinion=self.opinion,
        )


class Naming(Model):
    """A provider that refuses service or publishes nothing is heard and then named, or not (通报).

    ``answer_by`` is the last day of its answer. ``notice`` is what is made public of it once it is named. Who opened
    it does not decide it.
    """

    __tablename__ = "naming"
    __table_args__ = (Index("ix_naming_organisation_id", "organisation_id"), Index("ix_naming_state_id", "state", "id"))

    id: Mapped[int] = identity_key()
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    cause: Mapped[NamingCause] = mapped_column(Enumerated(NamingCause))
    order_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("order.id"))
    complaint_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("complaint.id"), unique=True)
    facts: Mapped[str] = mapped_column(Text)
    state: Mapped[NamingState] = mapped_column(Enumerated(NamingState))
    answer_by: Mapped[date] = mapped_column(Date)
    opened_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    opened_at: Mapped[datetime] = mapped_column(UTC)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UTC)
    opinion: Mapped[str | None] = mapped_column(Text)
    notice: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTC)

    organisation: Mapped[Organisation] = relationship()

    @property
    def source(self) -> str:
        """How restrictions name this decision."""
        return self.source_of(self.id)

    @staticmethod
    def source_of(number: object) -> str:
        """How restrictions name the decision of a number."""
        return f"naming:{number}"


class Referral(Model):
    """A fiscal institution that refuses to share is reported to the department it belongs to (S29)."""

    __tablename__ = "referral"
    __table_args__ = (Index("ix_referral_organisation_id", "organisation_id"),)

    id: Mapped[int] = identity_key()
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    naming_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("naming.id"))
    department: Mapped[str] = mapped_column(Text)
    facts: Mapped[str] = mapped_column(Text)
    state: Mapped[ReferralState] = mapped_column(Enumerated(ReferralState))
    document_file_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    prepared_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    prepared_at: Mapped[datetime] = mapped_column(UTC)
    sent_on: Mapped[date | None] = mapped_column(Date)
    sent_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    sent_at: Mapped[datetime | None] = mapped_column(UTC)
    reply: Mapped[str | None] = mapped_column(Text)
    replied_on: Mapped[date | None] = mapped_column(Date)
    answered_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UTC)

    organisation: Mapped[Organisation] = relationship()
    document_file: Mapped[StoredFile] = relationship()
