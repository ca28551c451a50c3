"""What orders used of instruments over HTTP."""

from __future__ import annotations

from typing import Any

from accounts.permissions import provider
from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, problems
from instruments.models import InstrumentUse
from instruments.permissions import may_attend
from instruments.queries import AttendedBooking
from instruments.schemas.usage import BookingSchema, CheckInSchema, CheckOutSchema, UseSchema
from instruments.steps import AttendedAlready, NotCheckedIn, NothingBooked, UseRefused, UsersDoNotCheckIn
from marketplace.schemas.usage import OrderUseSchema
from marketplace.service import usage as service
from marketplace.service.usage import NotServedYet

order_uses = Blueprint(
    "order_uses", __name__, url_prefix="/orders/<int:order_id>", description="What orders used of instruments."
)


@order_uses.route("/uses", methods=["POST"])
@allow(provider)
@problems(NotServedYet, UseRefused)
@idempotent
@order_uses.arguments(OrderUseSchema)
@order_uses.response(201, UseSchema)
def log(given: dict[str, Any], order_id: int) -> InstrumentUse:
    """Log what an order used

    By its provider, from the start of the service on and also after completion: the hours logged then stand beside the
    record of the service and are compared with those charged (S19).
    """
    return service.log_order_use(order_id=order_id, **given, actor=current_actor(), now=clock.now())


@order_uses.route("/check-in", methods=["POST"])
@allow(may_attend)
@problems(NotServedYet, NothingBooked, UseRefused, AttendedAlready, UsersDoNotCheckIn)
@idempotent
@order_uses.arguments(CheckInSchema)
@order_uses.response(201, BookingSchema)
def check_in(given: dict[str, Any], order_id: int) -> AttendedBooking:
    """Check in to what an order booked

    By the provider, or by the user where the provider lets users do so.
    """
    return service.check_in(order_id=order_id, **given, actor=current_actor(), now=clock.now())


@order_uses.route("/check-out", methods=["POST"])
@allow(may_attend)
@problems(NotServedYet, NothingBooked, UseRefused, AttendedAlready, NotCheckedIn, UsersDoNotCheckIn)
@idempotent
@order_uses.arguments(CheckOutSchema)
@order_uses.response(201, BookingSchema)
def check_out(given: dict[str, Any], order_id: int) -> AttendedBooking:
    """Check out of what an order booked

    The time since check-in goes into the log of the instrument, beside the booked one.
    """
    return service.check_out(order_id=order_id, **given, actor=current_actor(), now=clock.now())
