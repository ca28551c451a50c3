"""Stops of payment: a payable leaves the queue for a while and keeps its number there (V19)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from core import audit
from core.db import require_transaction
from core.errors import Conflict
from core.permissions import Actor
from core.sources import source_text
from core.states import apply
from settlement.models import Payable, PaymentStop
from settlement.states import PAYABLE_TRANSITIONS, STOP_TRANSITIONS, PayableAction, PayableState, StopAction, StopState

ARTICLE = "V19"


class PaymentStopped(Conflict):
    """A stop of payment stands for this payable already."""

    code = "payment_stopped"
    article = "V19"


class PayableInBatch(Conflict):
    """The payable stands in a batch; while the batch is only prepared it can be discarded first."""

    code = "payable_in_batch"
    article = "V17 pay"


def stop_payable(payable: Payable, *, cause: str, occasion: str | None, actor: Actor, now: datetime) -> PaymentStop:
    """Hold a locked payable out of the batches until the stop ends.

    The caller has joined the queue before it locked the payable. Raises :class:`PaymentStopped`,
    :class:`PayableInBatch` and, for one that is paid or cancelled, :class:`core.states.StateForbids`.
    """
    current = require_transaction()
    if payable.stopped:
        raise PaymentStopped(source=source_text(payable.source))
    if payable.state is PayableState.IN_BATCH:
        raise PayableInBatch(source=source_text(payable.source))
    apply(payable, PayableAction.STOP, transitions=PAYABLE_TRANSITIONS, actor=actor, now=now, note=cause)
    payable.stopped = True
    stop = PaymentStop(
        payable_id=payable.id,
        state=STOP_TRANSITIONS.initial,
        cause=cause,
        occasion=occasion,
        article=ARTICLE,
        ordered_by=actor.user_id,
        ordered_at=now,
    )
    current.add(stop)
    audit.record(
        actor=actor,
        now=now,
        action="order",
        subject=stop,
        to_state=stop.state,
        data={"payable_id": payable.id, "source": payable.source, "payee_id": payable.payee_id, "note": cause},
    )
    return stop


def lift_stop(stop: PaymentStop, payable: Payable, *, note: str, actor: Actor, now: datetime) -> None:
    """Let a locked payable have its old place in the queue again."""
    _end(stop, payable, StopAction.LIFT, note=note, actor=actor, now=now)
    audit.record(actor=actor, now=now, action="resume", subject=payable, data={"note": note})


def end_stop_of_cancelled(payable: Payable, *, note: str, actor: Actor, now: datetime) -> None:
    """Make the stop of a payable that is being cancelled final, if one stands."""
    if not payable.stopped:
        return
    found = select(PaymentStop).where(PaymentStop.payable_id == payable.id, PaymentStop.state == StopState.STANDING)
    _end(
        require_transaction().scalars(found).one(),
        payable,
        StopAction.MAKE_FINAL,
        note=note,
        actor=actor,
        now=now,
    )


def _end(stop: PaymentStop, payable: Payable, action: StopAction, *, note: str, actor: Actor, now: datetime) -> None:
    data = {"payable_id": payable.id, "payee_id": payable.payee_id}
    apply(stop, action, transitions=STOP_TRANSITIONS, actor=actor, now=now, note=note, data=data)
    stop.ended_by, stop.ended_at, stop.ending = actor.user_id, now, note
    payable.stopped = False
