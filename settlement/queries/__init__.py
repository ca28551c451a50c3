"""Reads of money. What upper packages use is listed here."""

from settlement.queries.entitlement import aid_holds_of, bearings, cap_room, cap_used, hold_of
from settlement.queries.payables import payable_of
from settlement.queries.trade import OrderMoney, order_money, orders_money, unpaid_shortfalls

__all__ = [
    "OrderMoney",
    "aid_holds_of",
    "bearings",
    "cap_room",
    "cap_used",
    "hold_of",
    "order_money",
    "orders_money",
    "payable_of",
    "unpaid_shortfalls",
]
