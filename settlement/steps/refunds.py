"""Sending money back through the gateway: recorded with its decision, carried out afterwards."""

from __future__ import annotations

import secrets
from datetime import datetime

from core import audit
from core.db import require_transaction
from core.permissions import Actor
from settlement.models import GatewayRefund, Payment
from settlement.states import REFUND_TRANSITIONS

REFERENCE_BYTES = 12


def send_back(
    payment: Payment, *, amount_fen: int, transaction_id: int | None, actor: Actor, now: datetime
) -> GatewayRefund:
    """Record a refund to be asked for. Without a transaction it is of a payment that was never posted."""
    refund = GatewayRefund(
        payment_id=payment.id,
        amount_fen=amount_fen,
        state=REFUND_TRANSITIONS.initial,
        transaction_id=transaction_id,
        reference=f"refund-{secrets.token_hex(REFERENCE_BYTES)}",
        tries=1,
        asks=0,
        ask_at=now,
        requested_at=now,
    )
    require_transaction().add(refund)
    audit.record(
        actor=actor,
        now=now,
        action="begin_refund",
        subject=refund,
        to_state=refund.state,
        data={"amount_fen": amount_fen, "payment_id": payment.id},
    )
    return refund
