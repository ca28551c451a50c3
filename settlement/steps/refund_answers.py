"""What the gateway says of a refund, taken in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core import audit
from core.db import require_transaction
from core.permissions import SYSTEM
from core.states import apply
from settlement.models import GatewayRefund
from settlement.rules.gateway import RefundTold, RemoteRefund, pause, refund_differences
from settlement.states import (
    OPEN_REFUNDS,
    REFUND_TRANSITIONS,
    PaymentState,
    RefundAction,
    RefundState,
)
from settlement.steps.gateway import Attempt, locked_attempt, release

DIFFERS = "differs"


@dataclass(frozen=True)
class LockedRefund:
    """A refund with the attempt whose money it gives back, locked."""

    refund: GatewayRefund
    attempt: Attempt


def locked_refund(refund_id: int) -> LockedRefund:
    """The refund, locked after its attempt."""
    current = require_transaction()
    payment_id = current.scalars(select(GatewayRefund.payment_id).where(GatewayRefund.id == refund_id)).one()
    attempt = locked_attempt(payment_id)
    found = select(GatewayRefund).where(GatewayRefund.id == refund_id).with_for_update()
    return LockedRefund(current.scalars(found.execution_options(populate_existing=True)).one(), attempt)


def take_refund_answer(locked: LockedRefund, remote: RemoteRefund, *, now: datetime) -> None:
    """Take in what the gateway says of a locked refund; what does not agree with ours is shown to a person."""
    refund, attempt = locked.refund, locked.attempt
    if remote.key is not None and remote.key != refund.key:
        return  # an earlier try, which ended before this one began
    differs = refund_differences(
        remote,
        reference=attempt.payment.reference,
        amount_fen=refund.amount_fen,
        intent_id=attempt.details.intent_id or "",
        refund_id=refund.refund_id,
    )
    if differs:
        flag(refund, now=now, differences=differs)
        return
    refund.first_sent_at = refund.first_sent_at or now
    refund.refund_id, refund.status = remote.refund_id, remote.status
    refund.failure = remote.failure
    if remote.told is RefundTold.SUCCEEDED and refund.state in OPEN_REFUNDS:
        refund.ask_at = None
        _move(refund, RefundAction.SUCCEED, now=now)
        release_held(attempt, now=now)
    elif remote.told is RefundTold.FAILED and refund.state in (*OPEN_REFUNDS, RefundState.SUCCEEDED):
        fail_refund(refund, remote.failure or remote.status, now=now)
    elif remote.told is RefundTold.WAITING and refund.state is RefundState.UNKNOWN:
        _move(refund, RefundAction.REAPPEAR, now=now)


def lose_sight_of_refund(refund: GatewayRefund, *, now: datetime) -> None:
    """Whether it was taken is unknown; it is asked again under the same key."""
    if refund.state is RefundState.CREATED:
        _move(refund, RefundAction.LOSE_SIGHT, now=now)


def fail_refund(refund: GatewayRefund, cause: str, *, now: datetime) -> None:
    """The user did not get it; a person tries again or pays it back by bank."""
    refund.failure, refund.ask_at = cause, None
    _move(refund, RefundAction.FAIL, now=now, failure=cause)


def flag(refund: GatewayRefund, *, now: datetime, **data: Any) -> None:
    """Show a refund to a person: nothing follows from what was said of it."""
    refund.ask_at = now + pause(refund.asks)
    if refund.flagged_at is None:
        refund.flagged_at = now
        audit.record(actor=SYSTEM, now=now, action="flag", subject=refund, data=data)


def release_held(attempt: Attempt, *, now: datetime) -> None:
    """A held payment whose money all went back is over."""
    if attempt.payment.state is not PaymentState.HELD:
        return
    back = refunds_of(attempt.payment.id, RefundState.SUCCEEDED, RefundState.TRANSFERRED)
    if sum(refund.amount_fen for refund in back) >= attempt.details.received_fen:
        release(attempt, actor=SYSTEM, now=now)


def refunds_of(payment_id: int, *states: RefundState) -> list[GatewayRefund]:
    """The refunds of a payment in these states."""
    found = select(GatewayRefund).where(GatewayRefund.payment_id == payment_id, GatewayRefund.state.in_(states))
    return list(require_transaction().scalars(found.order_by(GatewayRefund.id)))


def _move(refund: GatewayRefund, action: RefundAction, *, now: datetime, **data: Any) -> None:
    apply(refund, action, transitions=REFUND_TRANSITIONS, actor=SYSTEM, now=now, data=data)
