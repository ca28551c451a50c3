"""Reads of stops of payment."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager

from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from settlement.models import Payable, PaymentStop
from settlement.queries.scope import concerns_visible
from settlement.states import StopState


class StopMissing(NotFound):
    """There is no such stop of payment for this actor."""

    code = "stop_missing"


def visible_stops(actor: Actor, *, state: StopState | None = None) -> Select[tuple[PaymentStop]]:
    """Stops an actor may see: payees their own, a city those of its organisations, finance and auditor all."""
    found = (
        select(PaymentStop)
        .join(Payable, Payable.id == PaymentStop.payable_id)
        .options(contains_eager(PaymentStop.payable))
        .where(concerns_visible(actor, Payable.payee_id))
    )
    return found if state is None else found.where(PaymentStop.state == state)


def find_stop(stop_id: int, *, actor: Actor, lock: bool = False) -> PaymentStop:
    """The stop if the actor may see it; raises :class:`StopMissing`."""
    found = visible_stops(actor).where(PaymentStop.id == stop_id)
    if lock:
        found = found.with_for_update(of=PaymentStop).execution_options(populate_existing=True)
    stop = session().scalar(found)
    if stop is None:
        raise StopMissing
    return stop


def stops_of(payable_ids: Collection[int]) -> Sequence[PaymentStop]:
    """Every stop of these payables, the earliest first."""
    found = select(PaymentStop).where(PaymentStop.payable_id.in_(payable_ids))
    return session().scalars(found.order_by(PaymentStop.id)).all()
