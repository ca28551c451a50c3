"""Reads of quotes and orders, each actor within its scope."""

from marketplace.queries.orders import find_order, visible_orders
from marketplace.queries.quotes import find_quote, visible_quotes

__all__ = ["find_order", "find_quote", "visible_orders", "visible_quotes"]
