"""Moving and shortening the booking of an order before its contract, under the rules of a new one (ADR 0223)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from core import clock
from core.db import transaction
from core.errors import Conflict, reason, refuse_all
from core.permissions import Actor, authorise
from core.states import allowed_target, apply
from core.types import Span
from core.workdays import WorkingCalendar, load_calendar
from instruments.steps import InstrumentNotPublished, NothingBooked, SlotRefused, rebook
from marketplace.models import Order
from marketplace.permissions import is_beneficiary_side
from marketplace.queries import find_order
from marketplace.rules.rebooking import rebooking_faults
from marketplace.service.endings import late_fee_fen
from marketplace.states import ORDER, OrderAction, OrderState
from marketplace.steps.answering import require_in_time

__all__ = ["ContractBegun", "InstrumentNotPublished", "NothingBooked", "SlotRefused", "move_booking"]


class ContractBegun(Conflict):
    """One side has signed the contract, which names the time."""

    code = "contract_begun"
    article = "S17"


def move_booking(*, order_id: int, starts_at: datetime, ends_at: datetime, actor: Actor, now: datetime) -> Order:
    """Book another slot of the same instrument in place of the order's, no longer than what was ordered.

    The calendar answers as it would a new booking once the old one is given up, and the old one stays where it refuses.
    Price, hold and quantity ordered stay; a shorter slot is charged at completion as what is used. Raises SlotRefused
    with every fault, SlotTaken, :class:`ContractBegun`, NothingBooked, InstrumentNotPublished and AnswerTooLate.
    """
    with transaction():
        order = find_order(order_id, actor=actor, lock=True)
        authorise(actor, is_beneficiary_side, order)
        allowed_target(order.state, OrderAction.RESCHEDULE, transitions=ORDER)
        before, instrument_id, ordered = order.during, order.quote.instrument_id, order.quote.during
        if before is None or ordered is None or instrument_id is None:
            raise NothingBooked
        if order.is_half_signed:
            raise ContractBegun
        if order.state is OrderState.PLACED:
            require_in_time(order, now=now)
        if ends_at <= starts_at:
            raise SlotRefused(reasons=[reason("slot_reversed", field="ends_at")])
        wanted, calendar = Span(starts_at, ends_at), load_calendar(since=clock.today(now))
        completion = _promised(order, wanted, calendar)
        held_for = order.expected_completion if order.eligible else None
        faults = list(
            rebooking_faults(
                wanted,
                ordered=ordered,
                present=before,
                completion=completion,
                held_for=held_for,
                is_late=late_fee_fen(order, now=now) > 0,
            )
        )
        try:
            rebook(
                order_id=order.id,
                instrument_id=instrument_id,
                during=wanted,
                organisation_id=order.beneficiary_id,
                calendar=calendar,
                actor=actor,
                now=now,
            )
        except SlotRefused as refused:
            raise SlotRefused(reasons=[*faults, *refused.reasons], ways=refused.ways) from refused
        refuse_all(faults, error=SlotRefused)
        order.moved_to, order.expected_completion = wanted, completion
        said = {**_bounds("before_", before), **_bounds("", wanted), "booked_quantity": str(order.booked_quantity)}
        apply(order, OrderAction.RESCHEDULE, transitions=ORDER, actor=actor, now=now, data=said)
        return order


def _promised(order: Order, slot: Span, calendar: WorkingCalendar) -> date:
    """The last day of the promised turnaround after a slot; quotes from before it was kept keep their day."""
    days = order.quote.turnaround_days
    if days is None or slot.end is None:
        return order.expected_completion
    return calendar.add_working_days(clock.today(slot.end), days)


def _bounds(name: str, slot: Span) -> dict[str, Any]:
    return {f"{name}starts_at": slot.start.isoformat(), f"{name}ends_at": (slot.start + slot.duration).isoformat()}
