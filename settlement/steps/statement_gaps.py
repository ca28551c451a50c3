"""Statements of an account in their order: gaps between them are opened, and closed once they are gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select

from core import audit, clock
from core.db import require_transaction
from core.permissions import Actor
from core.states import apply
from settlement.models import AccountStatement, BankStatement, StatementGap
from settlement.rules.bank_files import Owned
from settlement.rules.bank_files.sequence import Gap, Place, gaps_of
from settlement.states import GAP_TRANSITIONS, GapAction, GapState


def follow(statement: BankStatement, told: Sequence[Owned], *, actor: Actor, now: datetime) -> None:
    """Keep what a statement tells of each account, and see which gaps that opens and closes.

    Statements must be locked. One that tells no day at all counts as of today.
    """
    current = require_transaction()
    current.add_all(
        AccountStatement(
            statement_id=statement.id,
            line=each.line,
            account=each.account,
            electronic_no=each.electronic_no,
            legal_no=each.legal_no,
            page=each.page,
            is_last=each.is_last,
            day=each.day or clock.today(now),
            made_at=each.made_at,
            opening_fen=each.opening_fen,
            closing_fen=each.closing_fen,
            content=each.content,
        )
        for each in told
    )
    current.flush()
    for account in sorted({each.account for each in told}):
        _compare(account, actor=actor, now=now)


def places(found: Iterable[AccountStatement]) -> list[Place]:
    """Rows as the rule takes them."""
    return [
        Place(
            id=each.id,
            number=each.number,
            page=each.page,
            is_last=each.is_last,
            day=each.day,
            made_at=each.made_at,
            opening_fen=each.opening_fen,
            closing_fen=each.closing_fen,
        )
        for each in found
    ]


def _compare(account: str, *, actor: Actor, now: datetime) -> None:
    """The gaps that an account has now against those that are kept."""
    current = require_transaction()
    chain = current.scalars(select(AccountStatement).where(AccountStatement.account == account)).all()
    found = {gap.key: gap for gap in gaps_of(places(chain))}
    kept = current.scalars(
        select(StatementGap)
        .where(StatementGap.account == account, StatementGap.state != GapState.CLOSED)
        .order_by(StatementGap.id)
        .with_for_update(of=StatementGap)
        .execution_options(populate_existing=True)
    ).all()
    for each in kept:
        if found.pop((each.kind, each.before_id, each.after_id), None) is None:
            apply(each, GapAction.CLOSE, transitions=GAP_TRANSITIONS, actor=actor, now=now)
            each.closed_at = now
    for gap in found.values():
        _open(account, gap, actor=actor, now=now)


def _open(account: str, gap: Gap, *, actor: Actor, now: datetime) -> None:
    made = StatementGap(
        account=account,
        kind=gap.kind,
        before_id=gap.before_id,
        after_id=gap.after_id,
        first_no=gap.first_no,
        last_no=gap.last_no,
        expected_fen=gap.expected_fen,
        found_fen=gap.found_fen,
        state=GAP_TRANSITIONS.initial,
        opened_at=now,
    )
    require_transaction().add(made)
    data = {"kind": gap.kind.value, "before_id": gap.before_id, "after_id": gap.after_id}
    audit.record(actor=actor, now=now, action="open", subject=made, to_state=made.state, data=data)
