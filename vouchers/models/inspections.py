"""Inspections of drawn claims, what they found, and what the inspected party said to it (V19)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Organisation, User
from core.db import Model
from core.files import StoredFile
from core.grounds import Ground
from core.types import UTC, Enumerated, identity_key
from vouchers.models.claims import Claim
from vouchers.rules.grounds import finding_grounds, inspection_grounds
from vouchers.rules.supervision import FindingSeverity
from vouchers.states import FindingState, InspectionState


class Inspection(Model):
    """The inspection of one drawn claim by at least two officers who had no part in it.

    ``checklist`` is what they looked at: ``{"item", "met", "remark"}``. ``account`` is what they saw.
    """

    __tablename__ = "inspection"
    __table_args__ = (UniqueConstraint("spot_check_id", "claim_id"), Index("ix_inspection_claim_id", "claim_id"))

    id: Mapped[int] = identity_key()
    spot_check_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("spot_check.id"))
    claim_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("claim.id"))
    state: Mapped[InspectionState] = mapped_column(Enumerated(InspectionState))
    planned_at: Mapped[datetime] = mapped_column(UTC)
    visit_on: Mapped[date | None] = mapped_column(Date)
    visited_on: Mapped[date | None] = mapped_column(Date)
    account: Mapped[str | None] = mapped_column(Text)
    checklist: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    assigned_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    assigned_at: Mapped[datetime | None] = mapped_column(UTC)
    visited_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    concluded_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    concluded_at: Mapped[datetime | None] = mapped_column(UTC)
    closed_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UTC)

    claim: Mapped[Claim] = relationship()
    inspectors: Mapped[list[Inspector]] = relationship(order_by="Inspector.user_id", cascade="all, delete-orphan")
    evidence: Mapped[list[InspectionEvidence]] = relationship(order_by="InspectionEvidence.id", viewonly=True)
    findings: Mapped[list[Finding]] = relationship(order_by="Finding.id", back_populates="inspection")

    @property
    def source(self) -> str:
        """How settlement names what a stop was ordered for."""
        return f"inspection:{self.id}"

    @property
    def inspector_ids(self) -> list[int]:
        """The users who carry it out."""
        return [each.user_id for each in self.inspectors]

    @property
    def reasons(self) -> list[Ground]:
        """What its conclusion rests on, and that it is closed; nothing before it is concluded."""
        if self.concluded_at is None:
            return []
        return inspection_grounds(
            refused=any(each.severity is FindingSeverity.REFUSAL for each in self.findings),
            faulty=bool(self.findings),
            visited_on=self.visited_on,
            account=self.account,
            unmet=[each["item"] for each in self.checklist if not each["met"]],
            concluded_on=self.concluded_at,
            closed_on=self.closed_at,
        )


class Inspector(Model):
    """An officer who carries an inspection out."""

    __tablename__ = "inspection_inspector"
    __table_args__ = (Index("ix_inspection_inspector_user_id", "user_id"),)

    inspection_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("inspection.id"), primary_key=True, autoincrement=False
    )
    user_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("user_account.id"), primary_key=True, autoincrement=False
    )
    assigned_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    assigned_at: Mapped[datetime] = mapped_column(UTC)

    user: Mapped[User] = relationship(foreign_keys=[user_id])


class InspectionEvidence(Model):
    """A file that an inspector brought along. Never changed."""

    __tablename__ = "inspection_evidence"
    __table_args__ = (Index("ix_inspection_evidence_inspection_id", "inspection_id"),)

    id: Mapped[int] = identity_key()
    inspection_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("inspection.id"))
    file_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    title: Mapped[str] = mapped_column(Text)
    added_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    added_at: Mapped[datetime] = mapped_column(UTC)

    file: Mapped[StoredFile] = relationship(lazy="joined")


class Finding(Model):
    """One thing that an inspection found against one party, its answer, and the province's decision.

    What was found never changes. ``answer_by`` is the last day to answer; the province decides after the answer or
    after that day, by somebody else than who found it.
    """

    __tablename__ = "inspection_finding"
    __table_args__ = (
        Index("ix_inspection_finding_inspection_id", "inspection_id"),
        Index("ix_inspection_finding_organisation_id", "organisation_id", "id"),
    )

    id: Mapped[int] = identity_key()
    inspection_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("inspection.id"))
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    severity: Mapped[FindingSeverity] = mapped_column(Enumerated(FindingSeverity))
    article: Mapped[str] = mapped_column(Text)
    statement: Mapped[str] = mapped_column(Text)
    state: Mapped[FindingState] = mapped_column(Enumerated(FindingState))
    found_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    found_at: Mapped[datetime] = mapped_column(UTC)
    notified_at: Mapped[datetime | None] = mapped_column(UTC)
    answer_by: Mapped[date | None] = mapped_column(Date)
    answer: Mapped[str | None] = mapped_column(Text)
    answer_file_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    answered_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UTC)
    opinion: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTC)

    inspection: Mapped[Inspection] = relationship(back_populates="findings")
    organisation: Mapped[Organisation] = relationship()
    answer_file: Mapped[StoredFile | None] = relationship()

    @property
    def source(self) -> str:
        """How settlement names what a clawback was opened for."""
        return f"finding:{self.id}"

    @property
    def reasons(self) -> list[Ground]:
        """What the province's decision rests on; nothing before."""
        if self.decided_at is None:
            return []
        return finding_grounds(
            article=self.article,
            severity=self.severity,
            statement=self.statement,
            found_on=self.found_at,
            answer=self.answer,
            answered_on=self.answered_at,
            answer_by=self.answer_by,
            state=self.state,
            decided_on=self.decided_at,
            opinion=self.opinion,
        )
