"""What follows from a year's points: grades in versions, awards, and terms to put things right (S24-S26).

What one officer of the province proposes another decides; what was proposed is never changed.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Numeric, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.states import PROPOSAL_TRANSITIONS, ProposalState
from core.db import Model
from core.grounds import Ground
from core.types import UTC, Enumerated, Fen, identity_key
from marketplace.models.evaluations import EvaluationLine
from marketplace.rules.grade_grounds import award_grounds, grade_grounds, rectification_grounds
from marketplace.rules.grading import Grade
from marketplace.states import AwardState, RectificationState


class EvaluationGrade(Model):
    """A version of a provider's grade of a year; the latest approved one counts.

    ``points`` and ``proposal`` are what the figures said when it was proposed, None where too little had data.
    ``cause`` says why it is another grade than that, or why a published one is corrected; '' where nothing needs it.
    """

    __tablename__ = "evaluation_grade"
    __table_args__ = (
        UniqueConstraint("line_id", "version", name="uq_evaluation_grade_version"),
        Index("uq_evaluation_grade_open", "line_id", unique=True, postgresql_where=text("state = 'proposed'")),
        Index("ix_evaluation_grade_state_id", "state", "id"),
    )

    id: Mapped[int] = identity_key()
    line_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("evaluation_line.id"))
    version: Mapped[int] = mapped_column(SmallInteger)
    grade: Mapped[Grade] = mapped_column(Enumerated(Grade))
    points: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    proposal: Mapped[Grade | None] = mapped_column(Enumerated(Grade))
    cause: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[ProposalState] = mapped_column(Enumerated(ProposalState), default=PROPOSAL_TRANSITIONS.initial)
    proposed_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    proposed_at: Mapped[datetime] = mapped_column(UTC)
    opinion: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTC)

    line: Mapped[EvaluationLine] = relationship(viewonly=True)

    @property
    def reasons(self) -> list[Ground]:
        """What the grade rests on; nothing before it is decided."""
        if self.decided_at is None:
            return []
        return grade_grounds(
            self.state,
            grade=self.grade,
            points=self.points,
            proposal=self.proposal,
            cause=self.cause,
            decided_on=self.decided_at,
            opinion=self.opinion,
        )


class EvaluationAward(Model):
    """Money awarded for a grade: decision, sum, day and document. It is paid outside of this service's books.

    ``year`` is the year that was evaluated, ``limit_fen`` what the policy allows a unit for it, ``article`` what the
    policy rests that limit on.
    """

    __tablename__ = "evaluation_award"
    __table_args__ = (
        Index("ix_evaluation_award_organisation_id_year", "organisation_id", "year"),
        Index("ix_evaluation_award_state_id", "state", "id"),
    )

    id: Mapped[int] = identity_key()
    grade_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("evaluation_grade.id"))
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    year: Mapped[int] = mapped_column(SmallInteger)
    amount_fen: Mapped[int] = mapped_column(Fen)
    limit_fen: Mapped[int] = mapped_column(Fen)
    article: Mapped[str] = mapped_column(Text)
    cause: Mapped[str] = mapped_column(Text)
    state: Mapped[AwardState] = mapped_column(Enumerated(AwardState))
    proposed_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    proposed_at: Mapped[datetime] = mapped_column(UTC)
    opinion: Mapped[str] = mapped_column(Text, default="")
    document_number: Mapped[str | None] = mapped_column(Text)
    document_on: Mapped[date | None] = mapped_column(Date)
    decided_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTC)
    revoked_why: Mapped[str | None] = mapped_column(Text)
    revoked_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(UTC)

    grade: Mapped[EvaluationGrade] = relationship(viewonly=True)

    @property
    def reasons(self) -> list[Ground]:
        """What the decision rests on, and why it was revoked; nothing before."""
        if self.decided_at is None:
            return []
        return award_grounds(
            self.state,
            amount_fen=self.amount_fen,
            limit_fen=self.limit_fen,
            year=self.year,
            cause=self.cause,
            decided_on=self.decided_at,
            opinion=self.opinion,
            document=self.document_number,
            document_on=self.document_on,
            revoked_on=self.revoked_at,
            revoked_why=self.revoked_why,
        )


class EvaluationRectification(Model):
    """What a provider with an insufficient grade has to put right, and by when: reported, checked, closed or failed."""

    __tablename__ = "evaluation_rectification"
    __table_args__ = (
        Index("uq_evaluation_rectification_grade_id", "grade_id", unique=True),
        Index("ix_evaluation_rectification_organisation_id", "organisation_id"),
        Index("ix_evaluation_rectification_state_id", "state", "id"),
    )

    id: Mapped[int] = identity_key()
    grade_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("evaluation_grade.id"))
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"))
    demand: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date] = mapped_column(Date)
    state: Mapped[RectificationState] = mapped_column(Enumerated(RectificationState))
    ordered_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    ordered_at: Mapped[datetime] = mapped_column(UTC)
    report: Mapped[str | None] = mapped_column(Text)
    reported_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    reported_at: Mapped[datetime | None] = mapped_column(UTC)
    finding: Mapped[str | None] = mapped_column(Text)
    checked_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    checked_at: Mapped[datetime | None] = mapped_column(UTC)

    grade: Mapped[EvaluationGrade] = relationship(viewonly=True)

    @property
    def reasons(self) -> list[Ground]:
        """What the check found; nothing before."""
        if self.checked_at is None:
            return []
        return rectification_grounds(
            self.state,
            demand=self.demand,
            due_on=self.due_on,
            report=self.report,
            checked_on=self.checked_at,
            finding=self.finding,
        )
