"""The HTTP routes of the deal."""

from core.http import Blueprint
from marketplace.api.orders import orders
from marketplace.api.quotes import quotes

BLUEPRINTS: list[Blueprint] = [quotes, orders]
