"""Misconduct decided by the province, with its sanction, and the appeal against it (V19, V21)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Organisation
from core.db import Model
from core.files import StoredFile
from core.grounds import Ground
from core.policy import article_name
from core.types import UTC, Enumerated, identity_key
from vouchers.models.inspections import Finding
from vouchers.rules.grounds import appeal_grounds, misconduct_grounds
from vouchers.rules.supervision import MISCONDUCT, MisconductKind, Seriousness
from vouchers.states import AppealState, MisconductState


class MisconductDecision(Model):
    """A decision of misconduct. A serious one has a sanction and an adverse record, which blocks under V8(2).

    ``record_id`` is the record in force, or the annulled one while the sanction is suspended or after it was annulled.
    ``sanction_until`` is the last day of the sanction as it stands; what it was before stays with the records.
    """

    __tablename__ = "misconduct_decision"
    __table_args__ = (
        Index("ix_misconduct_decision_organisation_id", "organisation_id", "id"),
        Index(
            "uq_misconduct_decision_finding_id",
            "finding_id",
            unique=True,
            postgresql_where=text("finding_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = identity_key()
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    finding_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("inspection_finding.id"))
    kind: Mapped[MisconductKind] = mapped_column(Enumerated(MisconductKind))
    seriousness: Mapped[Seriousness] = mapped_column(Enumerated(Seriousness))
    occurred_on: Mapped[date] = mapped_column(Date)
    sanction_until: Mapped[date | None] = mapped_column(Date)
    notice: Mapped[str] = mapped_column(Text)
    grounds: Mapped[str] = mapped_column(Text)
    state: Mapped[MisconductState] = mapped_column(Enumerated(MisconductState))
    record_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("adverse_record.id"))
    appeal_by: Mapped[date] = mapped_column(Date)
    decided_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    decided_at: Mapped[datetime] = mapped_column(UTC)

    organisation: Mapped[Organisation] = relationship()
    finding: Mapped[Finding | None] = relationship()
    appeal: Mapped[Appeal | None] = relationship(back_populates="decision")

    @property
    def appeal_id(self) -> int | None:
        """The appeal against it, if there is one."""
        return None if self.appeal is None else self.appeal.id

    @property
    def article(self) -> str:
        """What it rests on, as the province's measure numbers it."""
        return article_name(MISCONDUCT)

    @property
    def reasons(self) -> list[Ground]:
        """What it rests on, with its sanction as it stands."""
        return misconduct_grounds(
            kind=self.kind,
            seriousness=self.seriousness,
            occurred_on=self.occurred_on,
            decided_on=self.decided_at,
            grounds=self.grounds,
            finding_id=self.finding_id,
            state=self.state,
            sanction_until=self.sanction_until,
        )


class Appeal(Model):
    """The one appeal against a decision of misconduct, decided by somebody else than who decided first."""

    __tablename__ = "misconduct_appeal"
    __table_args__ = (UniqueConstraint("decision_id"),)

    id: Mapped[int] = identity_key()
    decision_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("misconduct_decision.id"))
    grounds: Mapped[str] = mapped_column(Text)
    state: Mapped[AppealState] = mapped_column(Enumerated(AppealState))
    filed_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    filed_at: Mapped[datetime] = mapped_column(UTC)
    suspended_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    suspended_at: Mapped[datetime | None] = mapped_column(UTC)
    suspension_note: Mapped[str | None] = mapped_column(Text)
    opinion: Mapped[str | None] = mapped_column(Text)
    sanction_until: Mapped[date | None] = mapped_column(Date)
    decided_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTC)

    decision: Mapped[MisconductDecision] = relationship(back_populates="appeal")
    files: Mapped[list[AppealFile]] = relationship(order_by="AppealFile.id", viewonly=True)

    @property
    def reasons(self) -> list[Ground]:
        """What was decided on it and why; nothing before."""
        return appeal_grounds(
            state=self.state,
            grounds=self.grounds,
            filed_on=self.filed_at,
            suspended_on=self.suspended_at,
            suspended_why=self.suspension_note,
            decided_on=self.decided_at,
            opinion=self.opinion,
            sanction_until=self.sanction_until,
        )


class AppealFile(Model):
    """A file handed in with an appeal. Never changed."""

    __tablename__ = "misconduct_appeal_file"
    __table_args__ = (Index("ix_misconduct_appeal_file_appeal_id", "appeal_id"),)

    id: Mapped[int] = identity_key()
    appeal_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("misconduct_appeal.id"))
    file_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("stored_file.id"))
    added_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    added_at: Mapped[datetime] = mapped_column(UTC)

    file: Mapped[StoredFile] = relationship(lazy="joined")
