"""Yearly caps: what orders hold of them, and what moves between them when groups merge or split."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model
from core.types import UTC, Enumerated, Fen, identity_key
from settlement.rules.chart import Cap
from settlement.states import HoldState


class HoldColumns:
    """One hold of an order on a yearly cap: where it is, how much, and the pending transaction behind it."""

    id: Mapped[int] = identity_key()
    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("ledger_account.id"))
    cap_owner: Mapped[str] = mapped_column(Text)
    year: Mapped[int] = mapped_column(SmallInteger)
    held_fen: Mapped[int] = mapped_column(Fen)
    consumed_fen: Mapped[int] = mapped_column(Fen, default=0)
    transaction_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("ledger_transaction.id"))
    state: Mapped[HoldState] = mapped_column(Enumerated(HoldState))


class CapHold(HoldColumns, Model):
    """The one hold of an order on the yearly cap of the province's voucher."""

    __tablename__ = "cap_hold"
    __table_args__ = (Index("ix_cap_hold_account_id", "account_id"), Index("ix_cap_hold_cap_owner", "cap_owner"))

    order_id: Mapped[int] = mapped_column(BigInteger, unique=True)

    @property
    def programme(self) -> None:
        """The province's own voucher is no city programme."""

    @property
    def cap(self) -> Cap:
        """The cap it is held on."""
        return Cap(self.cap_owner, self.year)


class AidHold(HoldColumns, Model):
    """The one hold of an order on the yearly cap of a city programme (V6)."""

    __tablename__ = "aid_hold"
    __table_args__ = (
        UniqueConstraint("order_id", "programme"),
        Index("ix_aid_hold_account_id", "account_id"),
        Index("ix_aid_hold_cap_owner", "cap_owner"),
    )

    order_id: Mapped[int] = mapped_column(BigInteger)
    programme: Mapped[str] = mapped_column(Text)

    @property
    def cap(self) -> Cap:
        """The cap it is held on."""
        return Cap(self.cap_owner, self.year, self.programme)


class CapMerge(Model):
    """One owner of caps went into another, for the year ``from_year`` and all later ones. Never changed.

    ``source`` names why, opaquely (``controller_change:3``). An owner is absorbed once and never used again.
    """

    __tablename__ = "cap_merge"

    id: Mapped[int] = identity_key()
    source: Mapped[str] = mapped_column(Text, unique=True)
    absorbed: Mapped[str] = mapped_column(Text, unique=True)
    merged_into: Mapped[str] = mapped_column(Text)
    from_year: Mapped[int] = mapped_column(SmallInteger)
    merged_at: Mapped[datetime] = mapped_column(UTC)


class CapMergeYear(Model):
    """What a merge did to the caps of one year, of the voucher or a city programme. Never changed.

    The absorbed use (``held_fen``, ``consumed_fen``) is added to what stood on the other cap; ``used_after_fen`` is
    what stands there then, and ``overhang_fen`` how far that is above the cap in force (invariant 3).
    """

    __tablename__ = "cap_merge_year"
    __table_args__ = (Index("ix_cap_merge_year_into_account_id", "into_account_id"),)

    id: Mapped[int] = identity_key()
    merge_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("cap_merge.id"), index=True)
    programme: Mapped[str | None] = mapped_column(Text)
    year: Mapped[int] = mapped_column(SmallInteger)
    from_account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("ledger_account.id"), unique=True)
    into_account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("ledger_account.id"))
    cap_fen: Mapped[int] = mapped_column(Fen)
    held_fen: Mapped[int] = mapped_column(Fen)
    consumed_fen: Mapped[int] = mapped_column(Fen)
    used_after_fen: Mapped[int] = mapped_column(Fen)
    overhang_fen: Mapped[int] = mapped_column(Fen)


class CapCarry(Model):
    """Use of ``root`` that counts on another cap too, since its owner left that group (a split gives no room).

    ``root`` is the order whose hold it is (``order:3``), and the amount what that holds or has used: it comes down
    with it. Carries from before holds were followed name the owner of a cap and stay as they were. It moves with its
    owner into further groups and ends where its root's own use comes to stand on the same cap.
    """

    __tablename__ = "cap_carry"
    __table_args__ = (
        Index("ix_cap_carry_account_id", "account_id"),
        Index("ix_cap_carry_root", "root", postgresql_where=text("live")),
    )

    id: Mapped[int] = identity_key()
    source: Mapped[str] = mapped_column(Text)
    root: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("ledger_account.id"))
    amount_fen: Mapped[int] = mapped_column(Fen)
    live: Mapped[bool] = mapped_column(Boolean)
    carried_at: Mapped[datetime] = mapped_column(UTC)
