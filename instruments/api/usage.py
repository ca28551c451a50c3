"""The log of use and attendance over HTTP."""

from __future__ import annotations

from typing import Any

from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from instruments.models import AttendanceRule, InstrumentUse, Occupancy
from instruments.permissions import may_log_use, may_read_bookings, may_read_use
from instruments.queries.instruments import InstrumentMissing
from instruments.queries.usage import (
    AttendedBooking,
    BookingMissing,
    UseMissing,
    attended,
    find_booking,
    find_logged_instrument,
    users_check_in,
    uses_of,
    visible_bookings,
)
from instruments.schemas.usage import (
    AttendanceRuleSchema,
    BookingQuerySchema,
    BookingSchema,
    NewUseSchema,
    UseCorrectionSchema,
    UseQuerySchema,
    UseSchema,
    UseWithdrawalSchema,
)
from instruments.service import usage as service
from instruments.service.usage import UseCorrected, UseWithdrawn
from instruments.steps.usage import UseRefused

uses = Blueprint(
    "instrument_uses",
    __name__,
    url_prefix="/instruments/<int:instrument_id>",
    description="What instruments were used for.",
)
bookings = Blueprint("bookings", __name__, url_prefix="/bookings", description="Bookings, and who came to them.")


@uses.route("/uses", methods=["GET"])
@allow(may_read_use)
@problems(InstrumentMissing)
@uses.arguments(UseQuerySchema, location="query")
@uses.response(200, page_schema(UseSchema))
def index(given: dict[str, Any], instrument_id: int) -> dict[str, Any]:
    """The log of an instrument

    What counts, for its owner and the offices of its city and the province; with all that was corrected if asked (S19).
    """
    instrument = find_logged_instrument(instrument_id, actor=current_actor())
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    return page_of(uses_of(instrument.id, **given), cursor=cursor, limit=limit, key=InstrumentUse.id)


@uses.route("/uses", methods=["POST"])
@allow(may_log_use)
@problems(InstrumentMissing, UseRefused)
@idempotent
@uses.arguments(NewUseSchema)
@uses.response(201, UseSchema)
def log(given: dict[str, Any], instrument_id: int) -> InstrumentUse:
    """Log a use

    By the owner: its own work, teaching or maintenance. What an order used is logged with the order.
    """
    return service.log_own_use(instrument_id=instrument_id, **given, actor=current_actor(), now=clock.now())


@uses.route("/uses/<int:use_id>/correction", methods=["POST"])
@allow(may_log_use)
@problems(InstrumentMissing, UseMissing, UseRefused, UseCorrected, UseWithdrawn)
@idempotent
@uses.arguments(UseCorrectionSchema)
@uses.response(201, UseSchema)
def correct(given: dict[str, Any], instrument_id: int, use_id: int) -> InstrumentUse:
    """Correct an entry

    By another one that stands in its place; both stay to be read.
    """
    return service.correct_use(
        instrument_id=instrument_id, use_id=use_id, **given, actor=current_actor(), now=clock.now()
    )


@uses.route("/uses/<int:use_id>/withdrawal", methods=["POST"])
@allow(may_log_use)
@problems(InstrumentMissing, UseMissing, UseCorrected, UseWithdrawn)
@idempotent
@uses.arguments(UseWithdrawalSchema)
@uses.response(201, UseSchema)
def withdraw(given: dict[str, Any], instrument_id: int, use_id: int) -> InstrumentUse:
    """Withdraw an entry

    It stays to be read and counts no more.
    """
    return service.withdraw_use(
        instrument_id=instrument_id, use_id=use_id, **given, actor=current_actor(), now=clock.now()
    )


@uses.route("/attendance", methods=["GET"])
@allow(may_read_use)
@problems(InstrumentMissing)
@uses.response(200, AttendanceRuleSchema)
def attendance(instrument_id: int) -> dict[str, bool]:
    """Who notes attendance

    Whether users check in and out by themselves; else the owner does.
    """
    instrument = find_logged_instrument(instrument_id, actor=current_actor())
    return {"users_check_in": users_check_in(instrument.id)}


@uses.route("/attendance", methods=["PUT"])
@allow(may_log_use)
@problems(InstrumentMissing)
@uses.arguments(AttendanceRuleSchema)
@uses.response(200, AttendanceRuleSchema)
def set_attendance(given: dict[str, Any], instrument_id: int) -> AttendanceRule:
    """Say who notes attendance

    By the owner: users by themselves, or the owner for them.
    """
    return service.let_users_check_in(instrument_id=instrument_id, **given, actor=current_actor(), now=clock.now())


@bookings.route("", methods=["GET"])
@allow(may_read_bookings)
@bookings.arguments(BookingQuerySchema, location="query")
@bookings.response(200, page_schema(BookingSchema))
def index_of_bookings(given: dict[str, Any]) -> dict[str, Any]:
    """Bookings beside what came of them

    Hours booked, checked in and out, and logged: of one's own instruments, or those one booked.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    found = visible_bookings(current_actor(), **given)
    page = page_of(found, cursor=cursor, limit=limit, key=Occupancy.id, descending=True)
    return {**page, "items": attended(page["items"])}


@bookings.route("/<int:booking_id>", methods=["GET"])
@allow(may_read_bookings)
@problems(BookingMissing)
@bookings.response(200, BookingSchema)
def show(booking_id: int) -> AttendedBooking:
    """A booking

    With who came and left when.
    """
    return find_booking(booking_id, actor=current_actor())
