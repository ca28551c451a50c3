"""The accounts that pay, each version with the table its bank takes (V17 pay)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from accounts.states import ProposalState
from core.db import Model
from core.grounds import Ground, ground
from core.types import UTC, Enumerated, identity_key
from settlement.rules.exports.content import Payer
from settlement.rules.exports.layout import AmountUnit, BankEncoding, BankLayout, Delimiter, Lacking, layout_of
from settlement.rules.payers import ARTICLE, Separator, spelled_column


class PayingAccount(Model):
    """One version of the account a fund pays from, proposed by one person and decided by another.

    ``programme`` is the fund, or ``*`` for every fund without an account of its own. The latest approved version whose
    ``valid_from`` has come is in force; a batch keeps the one it was prepared with, which never changes again. Versions
    that came from a file of the office have no proposer.
    """

    __tablename__ = "paying_account"
    __table_args__ = (
        Index("ix_paying_account_programme_id", "programme", "id"),
        Index("uq_paying_account_open", "programme", unique=True, postgresql_where=text("state = 'proposed'")),
    )

    id: Mapped[int] = identity_key()
    programme: Mapped[str] = mapped_column(Text)
    holder_name: Mapped[str] = mapped_column(Text)
    bank_name: Mapped[str] = mapped_column(Text)
    cnaps_code: Mapped[str] = mapped_column(Text)
    account_number: Mapped[str] = mapped_column(Text)
    bic: Mapped[str | None] = mapped_column(Text)
    columns: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    delimiter: Mapped[Delimiter] = mapped_column(Enumerated(Delimiter))
    amount: Mapped[AmountUnit] = mapped_column(Enumerated(AmountUnit))
    encoding: Mapped[BankEncoding] = mapped_column(Enumerated(BankEncoding))
    lacking: Mapped[Lacking] = mapped_column(Enumerated(Lacking))
    purpose: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date] = mapped_column(Date)
    cause: Mapped[str] = mapped_column(Text)
    state: Mapped[ProposalState] = mapped_column(Enumerated(ProposalState))
    opinion: Mapped[str] = mapped_column(Text, default="")
    proposed_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    proposed_at: Mapped[datetime] = mapped_column(UTC)
    reviewed_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UTC)

    @property
    def payer(self) -> Payer:
        """The account the money leaves."""
        return Payer(self.holder_name, self.bank_name, self.cnaps_code, self.account_number, self.bic)

    @property
    def layout(self) -> BankLayout:
        """The table its bank takes."""
        return layout_of(
            {
                "columns": self.columns,
                "delimiter": self.delimiter,
                "amount": self.amount,
                "encoding": self.encoding,
                "lacking": self.lacking,
                "purpose": self.purpose,
            }
        )

    @property
    def separator(self) -> Separator:
        """What stands between columns, by its name."""
        return Separator[self.delimiter.name]

    @property
    def column_lines(self) -> list[str]:
        """Its columns as people write them."""
        return [spelled_column(column) for column in self.columns]

    @property
    def reasons(self) -> list[Ground]:
        """What the decision rests on; empty before there is one."""
        if self.reviewed_at is None:
            return []
        return [
            ground(
                "paying_account",
                article=ARTICLE,
                account_number=self.account_number,
                valid_from=self.valid_from,
                cause=self.cause,
                proposed_on=self.proposed_at,
                decision=self.state,
                decided_on=self.reviewed_at,
                opinion=self.opinion,
            )
        ]
