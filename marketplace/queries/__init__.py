"""Reads of quotes and orders, each actor within its scope."""

from marketplace.queries.explanations import explain_order, explain_quote
from marketplace.queries.orders import OrderView, PaidOrderView, find_order, view_of, view_of_new, views, visible_orders
from marketplace.queries.quotes import find_quote, orders_on, visible_quotes

__all__ = [
    "OrderView",
    "PaidOrderView",
    "explain_order",
    "explain_quote",
    "find_order",
    "find_quote",
    "orders_on",
    "view_of",
    "view_of_new",
    "views",
    "visible_orders",
    "visible_quotes",
]
