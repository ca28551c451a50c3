"""The states of an order and the actions between them."""

from __future__ import annotations

from enum import StrEnum

from core.states import Transitions


class OrderState(StrEnum):
    """Where an order stands."""

    PLACED = "placed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    CONTRACTED = "contracted"
    IN_SERVICE = "in_service"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class OrderAction(StrEnum):
    """What moves an order."""

    ACCEPT = "accept"
    DECLINE = "decline"
    LAPSE = "lapse"
    CONTRACT = "contract"
    START = "start"
    DELIVER = "deliver"
    COMPLETE = "complete"
    CANCEL = "cancel"


ORDER = Transitions(
    {
        (OrderState.PLACED, OrderAction.ACCEPT): OrderState.ACCEPTED,
        (OrderState.PLACED, OrderAction.DECLINE): OrderState.DECLINED,
        (OrderState.PLACED, OrderAction.LAPSE): OrderState.LAPSED,
        (OrderState.ACCEPTED, OrderAction.CONTRACT): OrderState.CONTRACTED,
        (OrderState.CONTRACTED, OrderAction.START): OrderState.IN_SERVICE,
        (OrderState.IN_SERVICE, OrderAction.DELIVER): OrderState.DELIVERED,
        (OrderState.DELIVERED, OrderAction.COMPLETE): OrderState.COMPLETED,
        (OrderState.PLACED, OrderAction.CANCEL): OrderState.CANCELLED,
        (OrderState.ACCEPTED, OrderAction.CANCEL): OrderState.CANCELLED,
        (OrderState.CONTRACTED, OrderAction.CANCEL): OrderState.CANCELLED,
        (OrderState.IN_SERVICE, OrderAction.CANCEL): OrderState.CANCELLED,
    },
    initial=OrderState.PLACED,
)

LIVE = (
    OrderState.PLACED,
    OrderState.ACCEPTED,
    OrderState.CONTRACTED,
    OrderState.IN_SERVICE,
    OrderState.DELIVERED,
    OrderState.COMPLETED,
)
"""States in which an order may hold a slot and part of the cap."""

PAYABLE = (OrderState.CONTRACTED, OrderState.IN_SERVICE, OrderState.DELIVERED, OrderState.COMPLETED)
"""States in which the provider may confirm a payment."""
