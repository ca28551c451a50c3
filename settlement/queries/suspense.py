"""Reads of statements and of money that matched nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, Select, Text, any_, cast, func, literal, select, union_all
from sqlalchemy.orm import joinedload

from core.db import session
from core.errors import NotFound
from settlement.models import AccountStatement, BankReturn, BankStatement, BankSuspense, SettlementBatch, StatementGap
from settlement.queries.batches import BatchMissing
from settlement.queries.desk import Pile
from settlement.states import GapState, SuspenseState

_GAPS = "gaps"


class SuspenseMissing(NotFound):
    """There is no such entry in suspense."""

    code = "suspense_missing"


class BankStatementMissing(NotFound):
    """There is no such statement."""

    code = "bank_statement_missing"


def statements() -> Select[tuple[BankStatement]]:
    """Statements that were taken in."""
    return select(BankStatement)


def find_statement(statement_id: int) -> BankStatement:
    """A statement by id; raises :class:`BankStatementMissing`."""
    found = session().get(BankStatement, statement_id)
    if found is None:
        raise BankStatementMissing
    return found


def statement_of_file(sha256: str) -> BankStatement | None:
    """The statement that was made of these bytes."""
    return session().scalar(select(BankStatement).where(BankStatement.sha256 == sha256))


def statement_that_told(
    fingerprints: Collection[str], returned: Collection[str], contents: Collection[str] = ()
) -> BankStatement | None:
    """The latest statement that told any of these entries, was the file of one of these returns, or told of an account
    what has one of these digests."""
    of_accounts = select(AccountStatement.statement_id).where(AccountStatement.content.in_(contents))
    of_entries = select(BankSuspense.statement_id).where(
        BankSuspense.fingerprint == any_(literal(list(fingerprints), ARRAY(Text)))
    )
    found = select(BankStatement).where(
        BankStatement.id.in_(of_entries) | BankStatement.id.in_(of_accounts) | BankStatement.sha256.in_(returned)
    )
    return session().scalar(found.order_by(BankStatement.id.desc()).limit(1))


def returns_of_statement(statement: BankStatement) -> Sequence[BankReturn]:
    """What the statement told of batches."""
    found = select(BankReturn).where(BankReturn.sha256 == statement.sha256, BankReturn.suspense_id.is_(None))
    return session().scalars(found.order_by(BankReturn.id)).all()


def suspense(*, state: SuspenseState | None = None, statement_id: int | None = None) -> Select[tuple[BankSuspense]]:
    """Money that matched nothing, perhaps of one state or statement only."""
    found = select(BankSuspense)
    if state is not None:
        found = found.where(BankSuspense.state == state)
    if statement_id is not None:
        found = found.where(BankSuspense.statement_id == statement_id)
    return found


def find_suspense(suspense_id: int, *, lock: bool = False) -> BankSuspense:
    """An entry by id; raises :class:`SuspenseMissing`."""
    found = select(BankSuspense).where(BankSuspense.id == suspense_id)
    found = found.with_for_update() if lock else found.options(joinedload(BankSuspense.statement))
    entry = session().scalar(found.execution_options(populate_existing=True))
    if entry is None:
        raise SuspenseMissing
    return entry


@dataclass(frozen=True)
class BankWaiting:
    """What statements of the bank left to do: money in suspense by state, and gaps nobody explained."""

    suspense: dict[SuspenseState, Pile]
    gaps: Pile


def bank_waiting(*, besides: int | None = None) -> BankWaiting:
    """What waits, since when; without money that one user explained and so cannot confirm. One query, for the desks."""
    found = select(
        cast(BankSuspense.state, Text).label("state"),
        func.count(),
        func.sum(BankSuspense.amount_fen),
        func.min(BankSuspense.recorded_at),
    ).where(BankSuspense.state != SuspenseState.SETTLED)
    if besides is not None:
        found = found.where(BankSuspense.proposed_by.is_distinct_from(besides))
    gaps = select(literal(_GAPS, Text), func.count(), literal(0), func.min(StatementGap.opened_at)).where(
        StatementGap.state == GapState.OPEN
    )
    rows = session().execute(union_all(found.group_by(BankSuspense.state), gaps))
    piles = {str(state): Pile(count, int(fen), since) for state, count, fen, since in rows}
    return BankWaiting(gaps=piles.pop(_GAPS), suspense={SuspenseState(state): pile for state, pile in piles.items()})


def batches_by_number(numbers: Collection[str], *, lock: bool = False) -> list[SettlementBatch]:
    """Batches of these numbers, in the order of their ids."""
    found = (
        select(SettlementBatch)
        .where(SettlementBatch.number == any_(literal(list(numbers), ARRAY(Text))))
        .order_by(SettlementBatch.id)
    )
    if lock:
        found = found.with_for_update().execution_options(populate_existing=True)
    return list(session().scalars(found))


def batch_of_number(number: str) -> SettlementBatch:
    """A batch by the number people write; raises :class:`settlement.queries.batches.BatchMissing`."""
    found = batches_by_number([number])
    if not found:
        raise BatchMissing
    return found[0]
