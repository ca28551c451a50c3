"""Reads of funds: what was appropriated, is committed, was paid and is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from core.db import session
from core.errors import NotFound
from settlement.models import Appropriation, Fund, LedgerAccount, Payable
from settlement.rules.chart import AccountKind
from settlement.states import PayableState


class FundMissing(NotFound):
    """There is no such fund."""

    code = "fund_missing"


@dataclass(frozen=True)
class FundStatus:
    """A fund with its sums.

    ``appropriation = available + committed + paid`` (what was recovered is available again).
    """

    id: int
    programme: str
    year: int
    appropriation_fen: int
    committed_fen: int
    paid_fen: int
    available_fen: int
    due_fen: int
    created_at: datetime
    appropriations: Sequence[Appropriation]


def funds(programme: str | None = None) -> Select[tuple[Fund]]:
    """Funds, perhaps of one programme only."""
    found = select(Fund)
    return found if programme is None else found.where(Fund.programme == programme)


def find_fund(fund_id: int, *, lock: bool = False) -> Fund:
    """A fund by id; raises :class:`FundMissing`."""
    found = select(Fund).where(Fund.id == fund_id)
    fund = session().scalar(found.with_for_update() if lock else found)
    if fund is None:
        raise FundMissing
    return fund


def fund_status(fund: Fund) -> FundStatus:
    """A fund with its sums and every appropriation."""
    money, source = aliased(LedgerAccount), aliased(LedgerAccount)
    posted, pending, appropriated = (
        session()
        .execute(
            select(money.posted_fen, money.pending_fen, func.coalesce(source.posted_fen, 0))
            .outerjoin(
                source,
                (source.kind == AccountKind.APPROPRIATION)
                & (source.owner == money.owner)
                & (source.year == money.year),
            )
            .where(money.id == fund.account_id)
        )
        .one()
    )
    due = session().scalar(
        select(func.coalesce(func.sum(Payable.amount_fen), 0)).where(
            Payable.programme == fund.programme, Payable.state == PayableState.DUE
        )
    )
    return FundStatus(
        id=fund.id,
        programme=fund.programme,
        year=fund.year,
        appropriation_fen=-appropriated,
        committed_fen=-pending,
        paid_fen=-appropriated - posted,
        available_fen=posted + pending,
        due_fen=int(due or 0),
        created_at=fund.created_at,
        appropriations=session()
        .scalars(select(Appropriation).where(Appropriation.fund_id == fund.id).order_by(Appropriation.id))
        .all(),
    )
