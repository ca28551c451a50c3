"""The use cases of the deal, each one transaction."""

from marketplace.service.completion import complete
from marketplace.service.contracts import sign_contract, start_service
from marketplace.service.delivery import deliver
from marketplace.service.endings import cancel, decline, lapse_unanswered, report_no_show, waive_fee
from marketplace.service.orders import LessGiven, RoomShrank, accept, place
from marketplace.service.payments import confirm_payment, pay_online
from marketplace.service.quotes import ask, ask_again
from marketplace.service.rebooking import move_booking

__all__ = [
    "LessGiven",
    "RoomShrank",
    "accept",
    "ask",
    "ask_again",
    "cancel",
    "complete",
    "confirm_payment",
    "decline",
    "deliver",
    "lapse_unanswered",
    "move_booking",
    "pay_online",
    "place",
    "report_no_show",
    "sign_contract",
    "start_service",
    "waive_fee",
]
