"""Stops of payment over HTTP (V19)."""

from __future__ import annotations

from typing import Any

from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from settlement import permissions
from settlement.models import PaymentStop
from settlement.queries.payables import PayableMissing, PayableUnnamed
from settlement.queries.stops import StopMissing, find_stop, visible_stops
from settlement.schemas.stops import LiftingSchema, NewStopSchema, StopQuerySchema, StopSchema
from settlement.service import stops as service
from settlement.steps.stops import PayableInBatch, PaymentStopped

payment_stops = Blueprint(
    "payment-stops", __name__, url_prefix="/payment-stops", description="Payables held out of the batches (V19)."
)


@payment_stops.route("", methods=["POST"])
@allow(permissions.may_stop_payment)
@problems(PayableMissing, PayableUnnamed, PaymentStopped, PayableInBatch, StateForbids)
@idempotent
@payment_stops.arguments(NewStopSchema)
@payment_stops.response(201, StopSchema)
def order_stop(given: dict[str, Any]) -> PaymentStop:
    """Stop a payment

    Of a payable that is not paid and in no batch. Those behind it in the queue do not wait for it; it keeps its place.
    """
    return service.order_stop(**given, actor=current_actor(), now=clock.now())


@payment_stops.route("", methods=["GET"])
@allow(permissions.may_read_stops)
@payment_stops.arguments(StopQuerySchema, location="query")
@payment_stops.response(200, page_schema(StopSchema))
def list_stops(given: dict[str, Any]) -> dict[str, Any]:
    """Stops of payment in sight

    Payees see their own; province, finance and auditor all.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    return page_of(visible_stops(current_actor(), **given), cursor=cursor, limit=limit, key=PaymentStop.id)


@payment_stops.route("/<int:stop_id>", methods=["GET"])
@allow(permissions.may_read_stops)
@problems(StopMissing)
@payment_stops.response(200, StopSchema)
def show_stop(stop_id: int) -> PaymentStop:
    """A stop of payment

    With its cause and how it ended.
    """
    return find_stop(stop_id, actor=current_actor())


@payment_stops.route("/<int:stop_id>/lifting", methods=["POST"])
@allow(permissions.may_stop_payment)
@problems(StopMissing, StateForbids)
@idempotent
@payment_stops.arguments(LiftingSchema)
@payment_stops.response(201, StopSchema)
def lift_stop(given: dict[str, Any], stop_id: int) -> PaymentStop:
    """Lift a stop

    The payable has its old place in the queue again. What shall never be paid is revoked with its claim instead.
    """
    return service.lift(stop_id=stop_id, **given, actor=current_actor(), now=clock.now())
