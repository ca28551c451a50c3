"""Reads of funds: what was appropriated, is committed, was paid and is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from accounts.states import ProposalState
from core.db import session
from core.errors import NotFound
from settlement.models import Appropriation, AppropriationCorrection, Fund, FundClosing, LedgerAccount, Payable
from settlement.rules.chart import AccountKind
from settlement.states import PayableState


class FundMissing(NotFound):
    """There is no such fund."""

    code = "fund_missing"


class FundClosingMissing(NotFound):
    """There is no such closing."""

    code = "fund_closing_missing"


class AppropriationMissing(NotFound):
    """There is no such entry of this fund."""

    code = "appropriation_missing"


class AppropriationCorrectionMissing(NotFound):
    """There is no such correction."""

    code = "appropriation_correction_missing"


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
    is_closed: bool


def funds(programme: str | None = None) -> Select[tuple[Fund]]:
    """Funds, perhaps of one programme only."""
    found = select(Fund)
    return found if programme is None else found.where(Fund.programme == programme)


def funds_of_year(year: int) -> list[FundStatus]:
    """The funds of a year with their sums."""
    return fund_statuses(session().scalars(select(Fund).where(Fund.year == year).order_by(Fund.id)).all())


def find_fund(fund_id: int, *, lock: bool = False) -> Fund:
    """A fund by id; raises :class:`FundMissing`."""
    found = select(Fund).where(Fund.id == fund_id)
    fund = session().scalar(found.with_for_update() if lock else found)
    if fund is None:
        raise FundMissing
    return fund


def closings(fund_id: int | None = None) -> Select[tuple[FundClosing]]:
    """Decisions about the rest of past years' funds, proposed and taken; perhaps of one fund only."""
    found = select(FundClosing)
    return found if fund_id is None else found.where(FundClosing.fund_id == fund_id)


def find_closing(closing_id: int, *, lock: bool = False) -> FundClosing:
    """A closing by id; raises :class:`FundClosingMissing`."""
    found = select(FundClosing).where(FundClosing.id == closing_id)
    if lock:
        found = found.with_for_update(of=FundClosing).execution_options(populate_existing=True)
    closing = session().scalar(found)
    if closing is None:
        raise FundClosingMissing
    return closing


def open_closing(fund_id: int) -> FundClosing | None:
    """The closing of a fund that waits to be decided, if there is one."""
    return session().scalar(closings(fund_id).where(FundClosing.state == ProposalState.PROPOSED))


def find_appropriation(appropriation_id: int, *, fund_id: int) -> Appropriation:
    """An entry of a fund; raises :class:`AppropriationMissing`."""
    found = select(Appropriation).where(Appropriation.id == appropriation_id, Appropriation.fund_id == fund_id)
    entered = session().scalar(found)
    if entered is None:
        raise AppropriationMissing
    return entered


def correction_of(appropriation_id: int) -> Appropriation | None:
    """The entry that corrects another, if there is one."""
    return session().scalar(select(Appropriation).where(Appropriation.corrects_id == appropriation_id))


def corrections(fund_id: int | None = None) -> Select[tuple[AppropriationCorrection]]:
    """What was proposed and decided about entries of appropriations; perhaps of one fund only."""
    found = select(AppropriationCorrection)
    return found if fund_id is None else found.where(AppropriationCorrection.fund_id == fund_id)


def open_correction(fund_id: int) -> AppropriationCorrection | None:
    """The correction of a fund that waits to be decided, if there is one."""
    return session().scalar(corrections(fund_id).where(AppropriationCorrection.state == ProposalState.PROPOSED))


def find_correction(correction_id: int, *, lock: bool = False) -> AppropriationCorrection:
    """A correction by id; raises :class:`AppropriationCorrectionMissing`."""
    found = select(AppropriationCorrection).where(AppropriationCorrection.id == correction_id)
    if lock:
        found = found.with_for_update(of=AppropriationCorrection).execution_options(populate_existing=True)
    correction = session().scalar(found)
    if correction is None:
        raise AppropriationCorrectionMissing
    return correction


def fund_status(fund: Fund) -> FundStatus:
    """A fund with its sums and every appropriation."""
    return fund_statuses([fund])[0]


def fund_statuses(found: Sequence[Fund]) -> list[FundStatus]:
    """Funds with their sums and every appropriation, in the order given and in four queries."""
    money, source = aliased(LedgerAccount), aliased(LedgerAccount)
    balances = {
        account_id: (posted, pending, appropriated)
        for account_id, posted, pending, appropriated in session().execute(
            select(money.id, money.posted_fen, money.pending_fen, func.coalesce(source.posted_fen, 0))
            .outerjoin(
                source,
                (source.kind == AccountKind.APPROPRIATION)
                & (source.owner == money.owner)
                & (source.year == money.year),
            )
            .where(money.id.in_([fund.account_id for fund in found]))
        )
    }
    due: dict[str, int] = dict(
        session()
        .execute(
            select(Payable.programme, func.sum(Payable.amount_fen))
            .where(Payable.state == PayableState.DUE)
            .group_by(Payable.programme)
        )
        .tuples()
        .all()
    )
    entered = session().scalars(
        select(Appropriation)
        .where(Appropriation.fund_id.in_([fund.id for fund in found]))
        .order_by(Appropriation.fund_id, Appropriation.id)
    )
    appropriations = {fund_id: list(each) for fund_id, each in groupby(entered, key=lambda each: each.fund_id)}
    decided = select(FundClosing.fund_id).where(
        FundClosing.fund_id.in_([fund.id for fund in found]), FundClosing.state == ProposalState.APPROVED
    )
    closed = set(session().scalars(decided))
    return [
        _status(
            fund,
            *balances[fund.account_id],
            int(due.get(fund.programme, 0)),
            appropriations.get(fund.id, []),
            is_closed=fund.id in closed,
        )
        for fund in found
    ]


def _status(
    fund: Fund,
    posted: int,
    pending: int,
    appropriated: int,
    due: int,
    appropriations: Sequence[Appropriation],
    *,
    is_closed: bool,
) -> FundStatus:
    return FundStatus(
        id=fund.id,
        programme=fund.programme,
        year=fund.year,
        appropriation_fen=-appropriated,
        committed_fen=-pending,
        paid_fen=-appropriated - posted,
        available_fen=posted + pending,
        due_fen=due,
        created_at=fund.created_at,
        appropriations=appropriations,
        is_closed=is_closed,
    )
