"""How an order ends before it is completed: declined, cancelled or unanswered. Slot and hold are freed at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from core import clock
from core.db import session, transaction
from core.permissions import SYSTEM, Actor, authorise
from core.states import allowed_target, apply
from instruments import steps as instruments
from marketplace.models import Order
from marketplace.permissions import is_party, is_provider_side
from marketplace.queries import find_order
from marketplace.states import ORDER, PAYABLE, OrderAction, OrderState
from marketplace.steps.answering import require_in_time
from settlement import steps as settlement
from vouchers import steps as vouchers


def decline(*, order_id: int, reason: str | None, actor: Actor, now: datetime) -> Order:
    """The provider does not take the order. Raises ``AnswerTooLate``: unanswered, it lapses."""
    with transaction():
        order = find_order(order_id, actor=actor, lock=True)
        authorise(actor, is_provider_side, order)
        allowed_target(order.state, OrderAction.DECLINE, transitions=ORDER)
        require_in_time(order, now=now)
        return _end(order, OrderAction.DECLINE, reason=reason, actor=actor, now=now)


def cancel(*, order_id: int, reason: str | None, actor: Actor, now: datetime) -> Order:
    """Either side gives the order up before delivery; what was paid is refunded in full."""
    with transaction():
        order = find_order(order_id, actor=actor, lock=True)
        authorise(actor, is_party, order)
        charged = order.state in PAYABLE
        _end(order, OrderAction.CANCEL, reason=reason, actor=actor, now=now)
        if charged:
            settlement.cancel_charge(order_id=order.id, actor=actor, now=now)
        return order


def lapse_unanswered(*, now: datetime) -> int:
    """Let every order lapse whose provider has not answered in time (V12 hold); returns how many."""
    due = session().scalars(
        select(Order.id).where(Order.state == OrderState.PLACED, Order.respond_by < clock.today(now)).order_by(Order.id)
    )
    return sum(_lapse(order_id, now=now) for order_id in list(due))


def _lapse(order_id: int, *, now: datetime) -> bool:
    with transaction():
        order = find_order(order_id, actor=SYSTEM, lock=True)
        if order.state is not OrderState.PLACED:
            return False
        _end(order, OrderAction.LAPSE, reason=None, actor=SYSTEM, now=now)
        return True


def _end(order: Order, action: OrderAction, *, reason: str | None, actor: Actor, now: datetime) -> Order:
    apply(order, action, transitions=ORDER, actor=actor, now=now, note=reason)
    order.ended_reason = reason
    if order.quote.during is not None:
        instruments.release(order_id=order.id, actor=actor, now=now)
    if order.eligible:
        vouchers.release(order_id=order.id, reason=action.value, actor=actor, now=now)
    return order
