"""The queue of payables that wait for money: in which order, how far the money reaches, what more would pay (V3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from core.db import session
from settlement.models import Fund, LedgerAccount, Payable
from settlement.states import PayableState


@dataclass(frozen=True)
class Reach:
    """How far a sum reaches into the queue of a programme, in fen.

    ``next_fen`` is what more it takes to pay the first that does not fit: nothing overtakes it (V3).
    """

    available_fen: int
    extra_fen: int
    paid_count: int
    paid_fen: int
    waiting_count: int
    waiting_fen: int
    next_fen: int


def waiting_queue(programme: str) -> Select[Any]:
    """Due payables of a programme that nothing stops, each with its place and the sum up to and with it."""
    place = func.row_number().over(order_by=Payable.queue_no)
    running = func.sum(Payable.amount_fen).over(order_by=Payable.queue_no)
    queue = (
        select(Payable.id.label("id"), place.label("place"), running.label("running_fen"))
        .where(Payable.state == PayableState.DUE, ~Payable.stopped, Payable.programme == programme)
        .subquery()
    )
    return select(Payable, queue.c.place, queue.c.running_fen).join(queue, queue.c.id == Payable.id)


def reach(programme: str, *, year: int, extra_fen: int = 0) -> Reach:
    """What the fund of a year, and perhaps a further appropriation, would pay of the queue."""
    money = select(LedgerAccount.posted_fen + LedgerAccount.pending_fen).join(Fund, Fund.account_id == LedgerAccount.id)
    available: int = session().scalar(money.where(Fund.programme == programme, Fund.year == year)) or 0
    queue = waiting_queue(programme).subquery()
    fits = queue.c.running_fen <= available + extra_fen
    found = select(
        func.count().filter(fits),
        func.coalesce(func.sum(queue.c.amount_fen).filter(fits), 0),
        func.count().filter(~fits),
        func.coalesce(func.sum(queue.c.amount_fen).filter(~fits), 0),
        func.coalesce(func.min(queue.c.running_fen).filter(~fits), 0),
    )
    paid, paid_fen, waiting, waiting_fen, first_fen = session().execute(found).one()
    return Reach(
        available_fen=available,
        extra_fen=extra_fen,
        paid_count=paid,
        paid_fen=int(paid_fen),
        waiting_count=waiting,
        waiting_fen=int(waiting_fen),
        next_fen=max(0, int(first_fen) - available - extra_fen),
    )
