"""Use cases of stops of payment (V19)."""

from __future__ import annotations

from datetime import datetime

from core.db import transaction
from core.permissions import Actor, authorise
from settlement import permissions
from settlement.models import PaymentStop
from settlement.queries.payables import find_payable, named_payable
from settlement.queries.stops import find_stop
from settlement.steps.queue import join_queue
from settlement.steps.stops import lift_stop, stop_payable


def order_stop(*, payable_id: int | None, source: str | None, cause: str, actor: Actor, now: datetime) -> PaymentStop:
    """Hold a payable that is not paid out of the batches. Those behind it in the queue do not wait for it.

    Raises ``PayableUnnamed``, ``PayableMissing``, ``PaymentStopped``, ``PayableInBatch`` and ``StateForbids``.
    """
    with transaction():
        authorise(actor, permissions.may_stop_payment)
        named = named_payable(payable_id, source, actor=actor)
        join_queue()
        payable = find_payable(named.id, actor=actor, lock=True)
        return stop_payable(payable, cause=cause, occasion=None, actor=actor, now=now)


def lift(*, stop_id: int, note: str, actor: Actor, now: datetime) -> PaymentStop:
    """End a stop: the payable has its old place in the queue again. Raises ``StopMissing`` and ``StateForbids``."""
    with transaction():
        authorise(actor, permissions.may_stop_payment)
        found = find_stop(stop_id, actor=actor)
        join_queue()
        payable = find_payable(found.payable_id, actor=actor, lock=True)
        stop = find_stop(stop_id, actor=actor, lock=True)
        lift_stop(stop, payable, note=note, actor=actor, now=now)
        return stop
