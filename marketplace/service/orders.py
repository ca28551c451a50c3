"""Placing an order, which takes slot and hold at once, and the provider's acceptance."""

from __future__ import annotations

from datetime import datetime

from core.db import transaction
from core.errors import Conflict
from core.failpoints import failpoint
from core.permissions import Actor, authorise
from core.states import allowed_target, apply
from marketplace.models import Order
from marketplace.permissions import is_provider_side, may_place_orders
from marketplace.queries import find_order, find_quote
from marketplace.states import ORDER
from marketplace.steps.answering import require_in_time
from marketplace.steps.placing import (
    ACCEPT,
    ConsentWithdrawn,
    DeductionRefused,
    LessGiven,
    PriceChanged,
    QuoteExpired,
    QuoteUsed,
    ShortfallUnpaid,
    checked,
    money_of,
    place_checked,
)
from vouchers.steps import RoomShrank

__all__ = [
    "ConsentWithdrawn",
    "DeductionRefused",
    "LessGiven",
    "PriceChanged",
    "QuoteExpired",
    "QuoteOfSeries",
    "QuoteUsed",
    "RoomShrank",
    "ShortfallUnpaid",
    "accept",
    "place",
]


class QuoteOfSeries(Conflict):
    """The quote is part of a series of bookings; the order is placed by that."""

    code = "quote_of_series"
    article = "V12 hold"


def place(*, quote_id: int, actor: Actor, now: datetime) -> Order:
    """Turn a quote into an order: slot and hold are taken together or not at all (V12 hold).

    An agreed price is ordered once (ADR 0237): raises OfferOver. Raises LessGiven where less is given than quoted,
    RoomShrank where others took it meanwhile, SlotTaken, PriceChanged, QuoteExpired, QuoteUsed, ShortfallUnpaid
    (V16(1)) and DeductionRefused. Where the provider's standing consent covers it, it is accepted as it is placed (ADR
    0209); raises ConsentWithdrawn where that goes meanwhile.
    """
    with transaction():
        authorise(actor, may_place_orders)
        quote = find_quote(quote_id, actor=actor)
        if quote.series_id is not None:
            raise QuoteOfSeries
        return place_checked(checked(quote, actor=actor, now=now), actor=actor, now=now)


def accept(*, order_id: int, actor: Actor, now: datetime) -> Order:
    """The provider takes the order and agrees the payment mode (V16). No sum changes. Raises ``AnswerTooLate``."""
    with transaction():
        order = find_order(order_id, actor=actor, lock=True)
        authorise(actor, is_provider_side, order)
        failpoint("marketplace.acceptance.locked")
        allowed_target(order.state, ACCEPT, transitions=ORDER)
        require_in_time(order, now=now)
        apply(order, ACCEPT, transitions=ORDER, actor=actor, now=now, data=money_of(order))
        failpoint("marketplace.acceptance.applied")
        return order
