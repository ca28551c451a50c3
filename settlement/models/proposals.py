"""What one person proposes about money and another decides: write-offs, instalments and corrections."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Date, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from accounts.states import ProposalState
from core.db import Model
from core.grounds import Ground, ground
from core.types import UTC, Enumerated, Fen, identity_key
from settlement.models.clawbacks import Clawback, Recovery
from settlement.models.funds import Appropriation
from settlement.models.trade import Payment, Shortfall
from settlement.rules.instalments import Part
from settlement.rules.remedies import Remedy


class Proposed:
    """What every such proposal has; one at a time is open for each record.

    ``transaction_id`` is what it was posted by.
    """

    id: Mapped[int] = identity_key()
    amount_fen: Mapped[int] = mapped_column(Fen)
    cause: Mapped[str] = mapped_column(Text)
    article: Mapped[str] = mapped_column(Text)
    state: Mapped[ProposalState] = mapped_column(Enumerated(ProposalState))
    opinion: Mapped[str] = mapped_column(Text, default="")
    transaction_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("ledger_transaction.id"))
    proposed_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    proposed_at: Mapped[datetime] = mapped_column(UTC)
    reviewed_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UTC)

    @property
    def what(self) -> Remedy:
        """What is proposed: that an entry is corrected, unless its kind knows more remedies."""
        return Remedy.CORRECTION

    @property
    def reasons(self) -> list[Ground]:
        """What the decision rests on; empty before there is one."""
        if self.reviewed_at is None:
            return []
        return [
            ground(
                "debt_proposal",
                article=self.article,
                remedy=self.what,
                amount_fen=self.amount_fen,
                cause=self.cause,
                proposed_on=self.proposed_at,
                decision=self.state,
                decided_on=self.reviewed_at,
                opinion=self.opinion,
            )
        ]


class Planned:
    """One part of a plan. Never changed."""

    id: Mapped[int] = identity_key()
    number: Mapped[int] = mapped_column(SmallInteger)
    due_on: Mapped[date] = mapped_column(Date)
    amount_fen: Mapped[int] = mapped_column(Fen)

    @property
    def part(self) -> Part:
        """The part as the rules of plans know it."""
        return Part(self.number, self.due_on, self.amount_fen)


class Instalment(Planned, Model):
    """One part of the plan of a clawback."""

    __tablename__ = "instalment"
    __table_args__ = (UniqueConstraint("proposal_id", "number"),)

    proposal_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("clawback_proposal.id"))


class ShortfallInstalment(Planned, Model):
    """One part of the plan of a shortfall."""

    __tablename__ = "shortfall_instalment"
    __table_args__ = (UniqueConstraint("proposal_id", "number"),)

    proposal_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("shortfall_proposal.id"))


class Remedied(Proposed):
    """A proposal about a debt.

    ``amount_fen`` is what is open of the debt when it is proposed (write-off, instalments), or what really came (a
    correction).
    """

    instalment_kind: ClassVar[type[Instalment | ShortfallInstalment]]

    remedy: Mapped[Remedy] = mapped_column(Enumerated(Remedy))

    @declared_attr
    @classmethod
    def instalments(cls) -> Mapped[list[Planned]]:
        """The rows of the plan it proposes, the first part first."""
        kind = cls.instalment_kind
        return relationship(kind, order_by=lambda: kind.number, viewonly=True, lazy="selectin")

    @property
    def what(self) -> Remedy:
        """What is proposed."""
        return self.remedy

    @property
    def parts(self) -> list[Part]:
        """The plan it proposes, if any."""
        return [each.part for each in self.instalments]

    def planned(self, parts: Sequence[Part]) -> list[Instalment | ShortfallInstalment]:
        """The rows of a plan that it proposes, once it has a number."""
        return [
            self.instalment_kind(
                proposal_id=self.id, number=part.number, due_on=part.due_on, amount_fen=part.amount_fen
            )
            for part in parts
        ]


class ClawbackProposal(Remedied, Model):
    """A proposal about a clawback; a correction is of ``recovery_id``."""

    __tablename__ = "clawback_proposal"
    __table_args__ = (
        Index("ix_clawback_proposal_clawback_id_id", "clawback_id", "id"),
        Index("uq_clawback_proposal_open", "clawback_id", unique=True, postgresql_where=text("state = 'proposed'")),
    )
    instalment_kind = Instalment

    clawback_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("clawback.id"))
    recovery_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("recovery.id"))

    clawback: Mapped[Clawback] = relationship(lazy="joined", innerjoin=True)
    recovery: Mapped[Recovery | None] = relationship()

    @property
    def debt(self) -> Clawback:
        """What it is about."""
        return self.clawback


class ShortfallProposal(Remedied, Model):
    """A proposal about a shortfall; a correction is of ``payment_id``."""

    __tablename__ = "shortfall_proposal"
    __table_args__ = (
        Index("ix_shortfall_proposal_shortfall_id_id", "shortfall_id", "id"),
        Index("uq_shortfall_proposal_open", "shortfall_id", unique=True, postgresql_where=text("state = 'proposed'")),
    )
    instalment_kind = ShortfallInstalment

    shortfall_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("shortfall.id"))
    payment_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("payment.id"))

    shortfall: Mapped[Shortfall] = relationship(lazy="joined", innerjoin=True)
    payment: Mapped[Payment | None] = relationship()

    @property
    def debt(self) -> Shortfall:
        """What it is about."""
        return self.shortfall


class AppropriationCorrection(Proposed, Model):
    """A proposal that an entry of an appropriation should have said ``amount_fen``."""

    __tablename__ = "appropriation_correction"
    __table_args__ = (
        Index("ix_appropriation_correction_fund_id_id", "fund_id", "id"),
        Index("uq_appropriation_correction_open", "fund_id", unique=True, postgresql_where=text("state = 'proposed'")),
    )

    fund_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("fund.id"))
    appropriation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("appropriation.id"))

    appropriation: Mapped[Appropriation] = relationship(lazy="joined", innerjoin=True)
