"""Reads of the package. What upper packages use is listed here."""

from instruments.queries.calendar import availability, booked_hours
from instruments.queries.instruments import find_instrument, find_service
from instruments.queries.offers import Offer, OfferRefused, ServiceNotOffered, SlotTaken, offer
from instruments.queries.prices import PublishedPrice, published_price

__all__ = [
    "Offer",
    "OfferRefused",
    "PublishedPrice",
    "ServiceNotOffered",
    "SlotTaken",
    "availability",
    "booked_hours",
    "find_instrument",
    "find_service",
    "offer",
    "published_price",
]
