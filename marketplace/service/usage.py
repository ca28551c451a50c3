"""What an order used of instruments: logged by its provider, or noted when somebody comes and leaves (S19)."""

from __future__ import annotations

from datetime import datetime

from core.db import transaction
from core.errors import Conflict, Reason, reason, refuse_all
from core.permissions import Actor, authorise
from instruments import steps as instruments
from instruments.models import InstrumentUse
from instruments.queries import AttendedBooking, find_service
from instruments.rules.terms import UsePurpose
from instruments.steps import Used, UseRefused
from marketplace.models import Order
from marketplace.permissions import is_party, is_provider_side
from marketplace.queries import find_order
from marketplace.states import OrderState

SERVED = frozenset({OrderState.IN_SERVICE, OrderState.DELIVERED, OrderState.COMPLETED})
"""States in which an order may have used an instrument: no service before its contract (S17)."""


class NotServedYet(Conflict):
    """No instrument is used for an order before its service has started."""

    code = "not_served_yet"
    article = "S17"


def log_order_use(*, order_id: int, instrument_id: int, used: Used, actor: Actor, now: datetime) -> InstrumentUse:
    """Log what an order used of an instrument of its service, also long after it was completed: the log of use then
    amends the record of the service. Raises UseRefused with every fault."""
    with transaction():
        order = _served(order_id, actor)
        authorise(actor, is_provider_side, order)
        known = {each.id for each in find_service(order.quote.service_id, actor=actor).instruments}
        faults: list[Reason] = []
        if instrument_id not in known:
            faults.append(reason("use_of_other_instrument", article="S19", field="instrument_id"))
        faults += _before_service(order, used.starts_at, field="starts_at")
        refuse_all(faults, error=UseRefused)
        return instruments.log_use(
            used,
            instrument_id=instrument_id,
            purpose=UsePurpose.ORDER,
            order_id=order.id,
            actor=actor,
            now=now,
        )


def check_in(*, order_id: int, at: datetime | None, actor: Actor, now: datetime) -> AttendedBooking:
    """Note that somebody came to what an order booked."""
    with transaction():
        order = _served(order_id, actor)
        refuse_all(_before_service(order, at or now, field="at"), error=UseRefused)
        return instruments.check_in(order_id=order.id, at=at, actor=actor, now=now)


def check_out(
    *,
    order_id: int,
    at: datetime | None,
    operator: str | None,
    samples: int | None,
    remarks: str,
    actor: Actor,
    now: datetime,
) -> AttendedBooking:
    """Note that somebody left what an order booked; the time between goes into the log."""
    with transaction():
        order = _served(order_id, actor)
        return instruments.check_out(
            order_id=order.id, at=at, operator=operator, samples=samples, remarks=remarks, actor=actor, now=now
        )


def _served(order_id: int, actor: Actor) -> Order:
    """An order of the actor's that is or was served, locked."""
    order = find_order(order_id, actor=actor, lock=True)
    authorise(actor, is_party, order)
    if order.state not in SERVED:
        raise NotServedYet
    return order


def _before_service(order: Order, at: datetime, *, field: str) -> list[Reason]:
    """That a use would have begun before the service did, to the minute in which people write times down."""
    started = order.started_at
    if started is None or at >= started.replace(second=0, microsecond=0):
        return []
    return [reason("use_before_service", article="S17", field=field)]
