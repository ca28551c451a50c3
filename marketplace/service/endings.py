"""How an order ends before it is completed: declined, cancelled or unanswered. Slot and hold are freed at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core import audit, clock
from core.db import session, transaction
from core.errors import Conflict
from core.permissions import SYSTEM, Actor, authorise
from core.states import allowed_target, apply
from instruments import steps as instruments
from instruments.queries import attended_order
from instruments.queries.interruptions import is_interrupted
from instruments.rules.cancelling import FeeKind
from marketplace.models import Order
from marketplace.permissions import is_beneficiary_side, is_party, is_provider_side
from marketplace.queries import find_order
from marketplace.states import ORDER, PAYABLE, OrderAction, OrderState
from marketplace.steps.answering import require_in_time
from settlement import steps as settlement
from vouchers import steps as vouchers


class BookingNotOver(Conflict):
    """Whether the user comes is known once the booking is over."""

    code = "booking_not_over"
    article = "S19"


class NoFeeDue(Conflict):
    """The user owes no fee for giving a booking up, or it was waived already."""

    code = "no_fee_due"
    article = "V14"


class UserCame(Conflict):
    """Somebody came to the booking, or its use was logged."""

    code = "user_came"
    article = "S19"


def decline(*, order_id: int, reason: str | None, actor: Actor, now: datetime) -> Order:
    """The provider does not take the order. Raises ``AnswerTooLate``: unanswered, it lapses."""
    with transaction():
        order = find_order(order_id, actor=actor, lock=True)
        authorise(actor, is_provider_side, order)
        allowed_target(order.state, OrderAction.DECLINE, transitions=ORDER)
        require_in_time(order, now=now)
        return _end(order, OrderAction.DECLINE, reason=reason, actor=actor, now=now)


def cancel(*, order_id: int, reason: str | None, actor: Actor, now: datetime) -> Order:
    """Either side gives the order up before delivery; what was paid is refunded in full.

    A user who gives an accepted booking up later than is free owes the provider the fee of its quote (ADR 0224).
    """
    with transaction():
        return cancel_locked(find_order(order_id, actor=actor, lock=True), reason=reason, actor=actor, now=now)


def cancel_locked(order: Order, *, reason: str | None, actor: Actor, now: datetime) -> Order:
    """:func:`cancel` of an order that is locked, in the transaction that is open."""
    authorise(actor, is_party, order)
    fee_fen = late_fee_fen(order, now=now) if is_beneficiary_side(actor, order) else 0
    return _cancel(order, FeeKind.LATE_CANCELLATION, fee_fen, reason=reason, actor=actor, now=now)


def report_no_show(*, order_id: int, note: str | None, actor: Actor, now: datetime) -> Order:
    """The provider ends an order whose user did not come to its booking; the user owes the fee of its quote, if one was
    published. Raises :class:`BookingNotOver`, :class:`UserCame` and NothingBooked."""
    with transaction():
        order = find_order(order_id, actor=actor, lock=True)
        authorise(actor, is_provider_side, order)
        allowed_target(order.state, OrderAction.CANCEL, transitions=ORDER)
        found, slot = attended_order(order.id), order.during
        if found is None or slot is None or order.state is OrderState.PLACED:
            raise instruments.NothingBooked
        if now < slot.start + slot.duration:
            raise BookingNotOver
        if found.came_at is not None or found.logged_hours:
            raise UserCame
        fee_fen = no_show_fee_fen(order)
        return _cancel(order, FeeKind.NO_SHOW, fee_fen, reason=note, actor=actor, now=now)


def waive_fee(*, order_id: int, reason: str, actor: Actor, now: datetime) -> Order:
    """The provider asks its user for a fee no longer, with its reason; what the fee was stays on record. Raises
    :class:`NoFeeDue`."""
    with transaction():
        order = find_order(order_id, actor=actor, lock=True)
        authorise(actor, is_provider_side, order)
        if order.fee_fen is None or order.fee_waiver is not None:
            raise NoFeeDue
        order.fee_waiver, order.fee_waived_by, order.fee_waived_at = reason, actor.user_id, now
        said = {"waived_fen": order.fee_fen, "note": reason}
        audit.record(actor=actor, now=now, action="waive", subject=order, data=said)
        return order


def late_fee_fen(order: Order, *, now: datetime) -> int:
    """What the user owes who cancels an order now, in fen: nothing before it is accepted, without a booking, or where
    its instrument is out of service (ADR 0240)."""
    slot = order.during
    if slot is None or not order.has_booking or order.state is OrderState.PLACED:
        return 0
    fee_fen = order.quote.cancellation.late_fee_fen(order.booked_fen, slot_start=slot.start, now=now)
    return 0 if fee_fen and is_out_of_service(order) else fee_fen


def no_show_fee_fen(order: Order) -> int:
    """What not coming costs the user, in fen; nothing likewise."""
    fee_fen = order.quote.cancellation.no_show_fee_fen(order.booked_fen)
    return 0 if fee_fen and is_out_of_service(order) else fee_fen


def is_out_of_service(order: Order) -> bool:
    """Whether the instrument an order booked is out of service, or was within its slot."""
    slot, instrument_id = order.during, order.quote.instrument_id
    return slot is not None and instrument_id is not None and is_interrupted(instrument_id, slot)


def lapse_unanswered(*, now: datetime) -> int:
    """Let every order lapse whose provider has not answered in time (V12 hold); returns how many."""
    due = session().scalars(
        select(Order.id).where(Order.state == OrderState.PLACED, Order.respond_by < clock.today(now)).order_by(Order.id)
    )
    return sum(_lapse(order_id, now=now) for order_id in list(due))


def _lapse(order_id: int, *, now: datetime) -> bool:
    with transaction():
        order = find_order(order_id, actor=SYSTEM, lock=True)
        if order.state is not OrderState.PLACED:
            return False
        _end(order, OrderAction.LAPSE, reason=None, actor=SYSTEM, now=now)
        return True


def _cancel(order: Order, kind: FeeKind, fee_fen: int, *, reason: str | None, actor: Actor, now: datetime) -> Order:
    charged = order.state in PAYABLE
    said: dict[str, Any] = {"no_show": True} if kind is FeeKind.NO_SHOW else {}
    if fee_fen:
        order.fee_kind, order.fee_fen = kind, fee_fen
        said |= {"fee_kind": kind.value, "fee_fen": fee_fen}
    _end(order, OrderAction.CANCEL, reason=reason, actor=actor, now=now, said=said)
    if charged:
        settlement.cancel_charge(order_id=order.id, actor=actor, now=now)
    return order


def _end(
    order: Order,
    action: OrderAction,
    *,
    reason: str | None,
    actor: Actor,
    now: datetime,
    said: Mapping[str, Any] | None = None,
) -> Order:
    apply(order, action, transitions=ORDER, actor=actor, now=now, note=reason, data=said)
    order.ended_reason = reason
    if order.quote.during is not None:
        instruments.release(order_id=order.id, actor=actor, now=now)
    if order.eligible:
        vouchers.release(order_id=order.id, reason=action.value, actor=actor, now=now)
    return order
