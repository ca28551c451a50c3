"""Funds: what the province appropriated for a year, and what it decides about the rest (V3)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.states import ProposalState
from core.db import Model
from core.grounds import Ground
from core.types import UTC, Enumerated, Fen, identity_key
from settlement.rules.funding import AppropriationKind
from settlement.rules.grounds import closing_grounds


class Fund(Model):
    """The money of one programme and year; its balance is that of its ledger account."""

    __tablename__ = "fund"
    __table_args__ = (UniqueConstraint("programme", "year"),)

    id: Mapped[int] = identity_key()
    programme: Mapped[str] = mapped_column(Text)
    year: Mapped[int] = mapped_column(SmallInteger)
    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("ledger_account.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTC)


class Appropriation(Model):
    """One sum put into a fund or, negative, taken out of it, with the document it rests on. Never changed.

    ``corrects_id`` is the entry it corrects, by as much as that one was wrong.
    """

    __tablename__ = "appropriation"
    __table_args__ = (UniqueConstraint("transaction_id", "fund_id"),)

    id: Mapped[int] = identity_key()
    fund_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("fund.id"), index=True)
    kind: Mapped[AppropriationKind] = mapped_column(Enumerated(AppropriationKind))
    corrects_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("appropriation.id"), unique=True)
    amount_fen: Mapped[int] = mapped_column(Fen)
    reference: Mapped[str] = mapped_column(Text)
    transaction_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("ledger_transaction.id"))
    entered_by: Mapped[int | None] = mapped_column(BigInteger)
    entered_at: Mapped[datetime] = mapped_column(UTC)


class FundClosing(Model):
    """What shall become of the rest of a past year's fund: proposed by one person, decided by another of the province.

    ``carried_fen`` goes to the next year's fund, ``lapsed_fen`` back to the treasury; together they are all that is
    left. One at a time is open for each fund. Money that comes back to a closed fund later wants a closing of its own.
    """

    __tablename__ = "fund_closing"
    __table_args__ = (
        Index("ix_fund_closing_fund_id_id", "fund_id", "id"),
        Index("uq_fund_closing_open", "fund_id", unique=True, postgresql_where=text("state = 'proposed'")),
    )

    id: Mapped[int] = identity_key()
    fund_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("fund.id"))
    carried_fen: Mapped[int] = mapped_column(Fen)
    lapsed_fen: Mapped[int] = mapped_column(Fen)
    reference: Mapped[str] = mapped_column(Text)
    cause: Mapped[str] = mapped_column(Text)
    article: Mapped[str] = mapped_column(Text)
    state: Mapped[ProposalState] = mapped_column(Enumerated(ProposalState))
    opinion: Mapped[str] = mapped_column(Text, default="")
    proposed_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    proposed_at: Mapped[datetime] = mapped_column(UTC)
    reviewed_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UTC)

    fund: Mapped[Fund] = relationship(lazy="joined", innerjoin=True)

    @property
    def reasons(self) -> list[Ground]:
        """What the decision rests on; empty before there is one."""
        if self.reviewed_at is None:
            return []
        return closing_grounds(
            article=self.article,
            year=self.fund.year,
            carried_fen=self.carried_fen,
            lapsed_fen=self.lapsed_fen,
            reference=self.reference,
            cause=self.cause,
            decision=self.state,
            decided_on=self.reviewed_at,
            opinion=self.opinion,
        )
