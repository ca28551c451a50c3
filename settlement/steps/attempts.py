"""Giving up what a user began to pay online, because something else has become of the sum meanwhile."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from core import audit
from core.db import require_transaction
from core.permissions import Actor
from settlement.models import GatewayPayment, Payment
from settlement.rules.methods import PaymentPurpose
from settlement.states import OPEN_PAYMENTS


def give_up_attempts(order_id: int, *, purpose: PaymentPurpose, actor: Actor, now: datetime) -> None:
    """Have the gateway cancel what is under way for an order; until it has, the attempt stays open."""
    found = (
        select(GatewayPayment)
        .join(Payment, Payment.id == GatewayPayment.payment_id)
        .where(Payment.order_id == order_id, Payment.purpose == purpose, Payment.state.in_(OPEN_PAYMENTS))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for attempt in require_transaction().scalars(found).all():
        give_up(attempt, actor=actor, now=now)


def give_up(attempt: GatewayPayment, *, actor: Actor, now: datetime) -> None:
    """Mark a locked attempt to be cancelled at the gateway next; once is enough."""
    if attempt.given_up_at is not None:
        return
    attempt.given_up_at = attempt.ask_at = now
    attempt.asks = 0
    audit.record(actor=actor, now=now, action="give_up", subject=attempt.payment)
