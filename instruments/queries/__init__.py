"""Reads of the package. What upper packages use is listed here."""

from instruments.queries.availability import availability
from instruments.queries.calendar import booked_hours
from instruments.queries.comparing import order_use
from instruments.queries.instruments import find_instrument, find_service
from instruments.queries.offers import Offer, OfferRefused, ServiceNotOffered, SlotTaken, offer
from instruments.queries.prices import PublishedPrice, published_price
from instruments.queries.sensors import ingest_actor, measured_hours
from instruments.queries.usage import AttendedBooking, attended_order, logged_hours, users_check_in

__all__ = [
    "AttendedBooking",
    "Offer",
    "OfferRefused",
    "PublishedPrice",
    "ServiceNotOffered",
    "SlotTaken",
    "attended_order",
    "availability",
    "booked_hours",
    "find_instrument",
    "find_service",
    "ingest_actor",
    "logged_hours",
    "measured_hours",
    "offer",
    "order_use",
    "published_price",
    "users_check_in",
]
