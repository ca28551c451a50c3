"""Reads of clawbacks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select

from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from settlement.models import BatchNetting, BatchPayout, Clawback, Payable, SettlementBatch
from settlement.queries.batches import said_last
from settlement.queries.scope import concerns_visible
from settlement.states import BatchState, ClawbackState, PayableState, PayoutOutcome


class ClawbackMissing(NotFound):
    """There is no such clawback for this actor."""

    code = "clawback_missing"


def visible_clawbacks(actor: Actor) -> Select[tuple[Clawback]]:
    """Clawbacks an actor may see: payees their own, province, finance and auditor all."""
    return select(Clawback).where(concerns_visible(actor, Clawback.payee_id))


def find_clawback(clawback_id: int, *, actor: Actor, lock: bool = False) -> Clawback:
    """The clawback if the actor may see it; raises :class:`ClawbackMissing`."""
    found = visible_clawbacks(actor).where(Clawback.id == clawback_id)
    if lock:
        found = found.with_for_update(of=Clawback).execution_options(populate_existing=True)
    clawback = session().scalar(found)
    if clawback is None:
        raise ClawbackMissing
    return clawback


def paid_back_by(amount_fen: int, *, actor: Actor, limit: int = 200) -> Sequence[Clawback]:
    """Clawbacks that a sum which came may have been paid back for, those of which just so much is open first."""
    back_fen = Clawback.amount_fen - Clawback.recovered_fen - Clawback.written_off_fen - Clawback.netting_fen
    found = visible_clawbacks(actor).where(Clawback.state == ClawbackState.OPEN, back_fen >= amount_fen)
    return session().scalars(found.order_by(back_fen != amount_fen, Clawback.id.desc()).limit(limit)).all()


@dataclass(frozen=True)
class Netted:
    """What one payout keeps back for a clawback, and what became of that payout."""

    batch_number: str
    payout_no: int
    amount_fen: int
    outcome: PayoutOutcome | None


def nettings_of_clawback(clawback: Clawback) -> list[Netted]:
    """Where a clawback was netted in batches that were not discarded, the earliest first."""
    found = (
        select(SettlementBatch.number, BatchNetting.payout_no, BatchNetting.amount_fen, said_last())
        .join(SettlementBatch, SettlementBatch.id == BatchNetting.batch_id)
        .join(
            BatchPayout,
            (BatchPayout.batch_id == BatchNetting.batch_id) & (BatchPayout.payout_no == BatchNetting.payout_no),
        )
        .where(BatchNetting.clawback_id == clawback.id, SettlementBatch.state != BatchState.DISCARDED)
        .order_by(BatchNetting.batch_id, BatchNetting.payout_no)
    )
    return [Netted(*row) for row in session().execute(found)]


def clawed_back_of(order_id: int) -> dict[str, int]:
    """What is claimed back, in fen, of what was paid for an order, by what was paid (``claim:12``, ``aid:5``)."""
    found = select(Payable.source, Payable.clawed_back_fen).where(
        Payable.order_id == order_id, Payable.state != PayableState.CANCELLED
    )
    return {source: fen for source, fen in session().execute(found) if fen}


def clawbacks_for(occasions: Collection[str]) -> Sequence[Clawback]:
    """What was claimed back for these occasions, the earliest first."""
    found = select(Clawback).where(Clawback.occasion.in_(occasions))
    return session().scalars(found.order_by(Clawback.id)).all()


def clawbacks_of_order(order_id: int) -> Sequence[Clawback]:
    """What was claimed back of all that an order's claim was paid, by province and cities, the earliest first."""
    found = select(Clawback).join(Payable, Payable.id == Clawback.payable_id).where(Payable.order_id == order_id)
    return session().scalars(found.order_by(Clawback.id)).all()
