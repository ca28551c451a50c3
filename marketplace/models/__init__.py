"""Quotes and orders."""

from marketplace.models.orders import Delivery, Order
from marketplace.models.quotes import Quote

__all__ = ["Delivery", "Order", "Quote"]
