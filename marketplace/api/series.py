"""Series of bookings over HTTP."""

from __future__ import annotations

from typing import Any

from accounts.queries.beneficiaries import BeneficiaryMissing, BeneficiaryUnclear
from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from instruments.queries.offers import PriceByNegotiation, ServiceNotOffered
from instruments.steps import InstrumentNotPublished
from marketplace.models import BookingSeries
from marketplace.permissions import may_ask_quotes, may_place_orders
from marketplace.queries.series import SeriesMissing, SeriesView, find_series, series_views, visible_series
from marketplace.schemas.series import (
    SeriesCancellationSchema,
    SeriesFilterSchema,
    SeriesPlacingSchema,
    SeriesRequestSchema,
    SeriesSchema,
)
from marketplace.service import series as service
from marketplace.service.orders import ConsentWithdrawn, QuoteExpired, QuoteUsed, RoomShrank, ShortfallUnpaid
from marketplace.service.quotes import FiguresOverdue, NotAMember, UnmetNeedUnusable
from marketplace.service.series import NothingToEnd, SeriesRefused

booking_series = Blueprint(
    "booking_series", __name__, url_prefix="/booking-series", description="The same booking again and again."
)


@booking_series.route("", methods=["POST"])
@allow(may_ask_quotes)
@problems(
    SeriesRefused,
    NotAMember,
    FiguresOverdue,
    BeneficiaryMissing,
    BeneficiaryUnclear,
    ServiceNotOffered,
    PriceByNegotiation,
    UnmetNeedUnusable,
)
@idempotent
@booking_series.arguments(SeriesRequestSchema)
@booking_series.response(201, SeriesSchema)
def look_ahead(wanted: dict[str, Any]) -> SeriesView:
    """Look at a series of bookings

    Each slot with a quote, or with everything that stands against it: rules, other bookings, holidays, quotas, caps. A
    slot counts those before it as booked. Nothing is held, and nobody else's booking is touched.
    """
    return series_views([service.look_ahead(**wanted, actor=current_actor(), now=clock.now())])[0]


@booking_series.route("", methods=["GET"])
@allow(may_ask_quotes)
@booking_series.arguments(SeriesFilterSchema, location="query")
@booking_series.response(200, page_schema(SeriesSchema))
def index(wanted: dict[str, Any]) -> dict[str, Any]:
    """One's series of bookings, the latest first"""
    found = visible_series(current_actor(), state=wanted.pop("state"))
    page = page_of(found, **wanted, key=BookingSeries.id, descending=True)
    return {**page, "items": series_views(page["items"])}


@booking_series.route("/<int:series_id>", methods=["GET"])
@allow(may_ask_quotes)
@problems(SeriesMissing)
@booking_series.response(200, SeriesSchema)
def show(series_id: int) -> SeriesView:
    """One series

    As it was looked at, and its orders as they stand.
    """
    return series_views([find_series(series_id, actor=current_actor())])[0]


@booking_series.route("/<int:series_id>/orders", methods=["POST"])
@allow(may_place_orders)
@problems(
    SeriesMissing,
    SeriesRefused,
    StateForbids,
    QuoteExpired,
    QuoteUsed,
    InstrumentNotPublished,
    RoomShrank,
    ConsentWithdrawn,
    NotAMember,
    FiguresOverdue,
    ShortfallUnpaid,
)
@idempotent
@booking_series.arguments(SeriesPlacingSchema)
@booking_series.response(201, SeriesSchema)
def place(given: dict[str, Any], series_id: int) -> SeriesView:
    """Place the orders of a series

    An order for each slot, at the quoted money or better, together: for all or none, or for those that can be booked.
    Each slot then has its order, or what stands against it now.
    """
    return series_views([service.place_series(series_id=series_id, **given, actor=current_actor(), now=clock.now())])[0]


@booking_series.route("/<int:series_id>/cancellation", methods=["POST"])
@allow(may_place_orders)
@problems(SeriesMissing, NothingToEnd)
@idempotent
@booking_series.arguments(SeriesCancellationSchema)
@booking_series.response(201, SeriesSchema)
def cancel(given: dict[str, Any], series_id: int) -> SeriesView:
    """Give up the rest of a series

    Every order whose slot is still to come, each with the fee that its own cancellation costs by now. A single one is
    cancelled at its order.
    """
    return series_views([service.cancel_rest(series_id=series_id, **given, actor=current_actor(), now=clock.now())])[0]
