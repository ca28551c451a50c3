"""Clawbacks kept back from what the same payee is paid: held while a batch is live, final once it was paid (V21).

Rows of clawbacks are locked in the order of their ids before the fund, as whoever records money that came back does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, select, text, update

from core.db import require_transaction
from core.permissions import Actor
from core.states import apply
from settlement.models import BatchNetting, Clawback, SettlementBatch
from settlement.queries.proposals import plan_of
from settlement.states import CLAWBACK_TRANSITIONS, ClawbackAction
from settlement.steps.proposals import follow_plan

NETTABLE_SQL = """
    SELECT * FROM (
        SELECT c.id, c.payee_id, coalesce(plan.due_fen, still.open_fen) - c.netting_fen AS open_fen
          FROM clawback c
          JOIN settlement_batch paid_by ON paid_by.id = c.batch_id
         CROSS JOIN LATERAL (SELECT c.amount_fen - c.recovered_fen - c.written_off_fen AS open_fen) still
          LEFT JOIN LATERAL (
              SELECT (SELECT coalesce(sum(i.amount_fen), 0) FROM instalment i
                       WHERE i.proposal_id = p.id AND i.due_on <= :cutoff) - (p.amount_fen - still.open_fen) AS due_fen
                FROM clawback_proposal p
               WHERE p.clawback_id = c.id AND p.remedy = 'instalments' AND p.state = 'approved'
               ORDER BY p.id DESC LIMIT 1) plan ON true
         WHERE paid_by.programme = :programme AND c.state = 'open') nettable
     WHERE open_fen > 0"""
"""What a batch of a cut-off may net: open clawbacks of what the same programme paid, less what is being netted already.

Of one that is paid back in instalments, what is due by the cut-off.
"""

_LOCK = text(f"SELECT id FROM clawback WHERE id IN (SELECT id FROM ({NETTABLE_SQL}) found) ORDER BY id FOR UPDATE")


def lock_nettable(programme: str, cutoff: date) -> None:
    """Lock every clawback that a batch of a programme's cut-off may net."""
    require_transaction().execute(_LOCK, {"programme": programme, "cutoff": cutoff})


def lock_netted(batch: SettlementBatch) -> None:
    """Lock every clawback that a batch nets."""
    netted = select(BatchNetting.clawback_id).where(BatchNetting.batch_id == batch.id)
    require_transaction().execute(
        select(Clawback.id).where(Clawback.id.in_(netted)).order_by(Clawback.id).with_for_update()
    )


def release_nettings(batch: SettlementBatch) -> None:
    """All that a discarded batch was to net is open as before."""
    current = require_transaction()
    given_back = (
        select(BatchNetting.clawback_id, func.sum(BatchNetting.amount_fen).label("fen"))
        .where(BatchNetting.batch_id == batch.id)
        .group_by(BatchNetting.clawback_id)
        .subquery()
    )
    current.execute(
        update(Clawback)
        .where(Clawback.id == given_back.c.clawback_id)
        .values(netting_fen=Clawback.netting_fen - given_back.c.fen)
        .execution_options(synchronize_session=False)
    )
    current.expire_all()


def settle_nettings(
    batch: SettlementBatch, payout_nos: Sequence[int], *, paid: bool, actor: Actor, now: datetime
) -> None:
    """Payouts left the batch: what they netted came back where they were paid, and is open as before where not."""
    for clawback, fen in _netted(batch, payout_nos):
        clawback.netting_fen -= fen
        if paid:
            clawback.recovered_fen += fen
            action = ClawbackAction.NET if clawback.open_fen == 0 else ClawbackAction.NET_PART
            _apply(clawback, action, batch, fen, actor=actor, now=now)


def undo_nettings(batch: SettlementBatch, payout_nos: Sequence[int], *, actor: Actor, now: datetime) -> None:
    """Payouts came back after they had been paid: what they netted is owed by the payee again."""
    for clawback, fen in _netted(batch, payout_nos):
        clawback.recovered_fen -= fen
        _apply(clawback, ClawbackAction.UNDO_NETTING, batch, fen, actor=actor, now=now)


def _netted(batch: SettlementBatch, payout_nos: Sequence[int]) -> list[tuple[Clawback, int]]:
    """The clawbacks netted by these payouts, each with its sum."""
    if not batch.netted_fen or not payout_nos:
        return []
    sums = (
        select(BatchNetting.clawback_id, func.sum(BatchNetting.amount_fen).label("fen"))
        .where(BatchNetting.batch_id == batch.id, BatchNetting.payout_no == func.any(list(payout_nos)))
        .group_by(BatchNetting.clawback_id)
        .subquery()
    )
    found = select(Clawback, sums.c.fen).join(sums, sums.c.clawback_id == Clawback.id).order_by(Clawback.id)
    rows = require_transaction().execute(found.execution_options(populate_existing=True))
    return [(clawback, int(fen)) for clawback, fen in rows]


def _apply(
    clawback: Clawback, action: ClawbackAction, batch: SettlementBatch, fen: int, *, actor: Actor, now: datetime
) -> None:
    data = {"amount_fen": fen, "batch_id": batch.id, "batch": batch.number}
    apply(clawback, action, transitions=CLAWBACK_TRANSITIONS, actor=actor, now=now, data=data)
    follow_plan(clawback, plan_of(clawback))
