"""Until when the parties of a delivered order should state its completion."""

from __future__ import annotations

from datetime import date, timedelta

from core import clock
from marketplace.models import Order
from vouchers.queries.flag_facts import abuse_policy


def completion_due(order: Order) -> date | None:
    """The last day on which a completion is stated without a flag; None before the delivery."""
    if order.delivery is None:
        return None
    delivered_on = clock.today(order.delivery.delivered_at)
    return delivered_on + timedelta(days=abuse_policy(delivered_on).completion_days)
