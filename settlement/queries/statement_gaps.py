"""Reads of gaps between the statements of an account."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from core.db import session
from core.errors import NotFound
from settlement.models import AccountStatement, BankStatement, StatementGap
from settlement.states import GapState


class StatementGapMissing(NotFound):
    """There is no such gap between statements."""

    code = "statement_gap_missing"


def statement_gaps(*, state: GapState | None = None, account: str | None = None) -> Select[tuple[StatementGap]]:
    """Gaps, perhaps of one state or account only, with the statements before and after."""
    found = select(StatementGap)
    if state is not None:
        found = found.where(StatementGap.state == state)
    if account is not None:
        found = found.where(StatementGap.account == account)
    return found


def find_gap(gap_id: int, *, lock: bool = False) -> StatementGap:
    """A gap by id; raises :class:`StatementGapMissing`."""
    found = statement_gaps().where(StatementGap.id == gap_id)
    if lock:
        found = found.with_for_update(of=StatementGap).execution_options(populate_existing=True)
    gap = session().scalar(found)
    if gap is None:
        raise StatementGapMissing
    return gap


def with_accounts(found: Select[tuple[BankStatement]]) -> Select[tuple[BankStatement]]:
    """Statements with what they tell of accounts and the gaps before it, read together."""
    return found.options(selectinload(BankStatement.accounts).selectinload(AccountStatement.gaps))
