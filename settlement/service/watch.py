"""The worker's round at the payment gateway: whatever waits for its answer, and what has waited too long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy import select

from core import audit
from core.db import transaction
from core.permissions import SYSTEM
from settlement.gateways import gateway_is_on
from settlement.models import GatewayPayment, Payment
from settlement.queries.payments import events_to_process, payments_to_ask, refunds_to_ask
from settlement.rules.gateway import GRACE
from settlement.service.gateway_events import process_event
from settlement.service.online import Unreachable, carry_out, carry_out_refund
from settlement.states import OPEN_PAYMENTS

log = structlog.get_logger()

ROUND_LIMIT = 50
"""How many of each kind one round asks about; the rest is for the next minute."""
PATIENCE = 2
"""After so many silences in a round the gateway is left alone, so that it does not hold up the worker's other work."""


def ask_about_all(*, now: datetime) -> None:
    """One round. Without a gateway there is nobody to ask, and what waits too long is shown all the same."""
    if gateway_is_on():
        silences = 0
        for ask in _questions(now):
            try:
                ask()
            except Unreachable as lost:
                silences += 1
                log.warning("gateway_unreachable", why=str(lost))
                if silences == PATIENCE:
                    break
    flag_overdue(now=now)


def flag_overdue(*, now: datetime) -> int:
    """Show to a person each attempt whose term is long over without an outcome; it is asked about all the same."""
    with transaction() as current:
        overdue = current.scalars(
            select(GatewayPayment)
            .join(Payment, Payment.id == GatewayPayment.payment_id)
            .where(
                Payment.state.in_(OPEN_PAYMENTS),
                GatewayPayment.flagged_at.is_(None),
                GatewayPayment.expires_at < now - GRACE,
            )
            .order_by(GatewayPayment.payment_id)
            .with_for_update(of=GatewayPayment, skip_locked=True)
        ).all()
        for attempt in overdue:
            attempt.flagged_at = now
            audit.record(actor=SYSTEM, now=now, action="flag", subject=attempt.payment)
        return len(overdue)


def _questions(now: datetime) -> Iterator[Callable[[], None]]:
    for event_id in events_to_process(now, limit=ROUND_LIMIT):
        yield partial(process_event, event_id, now=now)
    for payment_id in payments_to_ask(now, limit=ROUND_LIMIT):
        yield partial(carry_out, payment_id, now=now)
    for refund_id in refunds_to_ask(now, limit=ROUND_LIMIT):
        yield partial(carry_out_refund, refund_id, now=now)
