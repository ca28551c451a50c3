"""The provider hands over the result."""

from __future__ import annotations

from datetime import datetime

from core.db import transaction
from core.permissions import Actor, authorise
from core.states import apply
from marketplace.models import Delivery, Order
from marketplace.permissions import is_provider_side
from marketplace.queries import find_order
from marketplace.states import ORDER, OrderAction


def deliver(*, order_id: int, note: str, actor: Actor, now: datetime) -> Order:
    """Mark the service as delivered, with a note on what was handed over."""
    with transaction():
        order = find_order(order_id, actor=actor, lock=True)
        authorise(actor, is_provider_side, order)
        apply(order, OrderAction.DELIVER, transitions=ORDER, actor=actor, now=now, note=note or None)
        order.delivery = Delivery(order_id=order.id, note=note, delivered_by=actor.user_id, delivered_at=now)
        return order
