"""Extras of services over HTTP."""

from __future__ import annotations

from typing import Any

from core import clock
from core.http import Blueprint, CursorSchema, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from instruments import queries
from instruments.models import ExtraPrice, ServiceExtra
from instruments.permissions import may_offer, may_search
from instruments.queries.extras import ExtraMissing, extras_of
from instruments.queries.instruments import ServiceMissing
from instruments.schemas.extras import ExtraPriceSchema, ExtraSchema, ExtraVersionSchema, NewExtraSchema
from instruments.service import extras as service
from instruments.service.extras import ExtraRefused
from instruments.service.prices import PriceBegun

service_extras = Blueprint(
    "service_extras", __name__, url_prefix="/services", description="Extras and consumables of services."
)


@service_extras.route("/<int:service_id>/extras", methods=["GET"])
@allow(may_search)
@problems(ServiceMissing)
@service_extras.arguments(CursorSchema, location="query")
@service_extras.response(200, page_schema(ExtraSchema))
def extras(given: dict[str, Any], service_id: int) -> dict[str, Any]:
    """What may be ordered with a service

    Extras and consumables with every price they ever had (V14); those without a price today are not offered.
    """
    queries.find_service(service_id, actor=current_actor())
    return page_of(extras_of(service_id), **given, key=ServiceExtra.id)


@service_extras.route("/<int:service_id>/extras", methods=["POST"])
@allow(may_offer)
@problems(ServiceMissing, ExtraRefused, StateForbids)
@idempotent
@service_extras.arguments(NewExtraSchema)
@service_extras.response(201, ExtraSchema)
def add(given: dict[str, Any], service_id: int) -> ServiceExtra:
    """Publish an extra

    With its first price, from today or a later day on, of a published service.
    """
    named = {name: given.pop(name) for name in ("title", "unit", "kind", "valid_from")}
    return service.add_extra(service_id=service_id, **named, terms=given, actor=current_actor(), now=clock.now())


@service_extras.route("/<int:service_id>/extras/<int:extra_id>/prices", methods=["POST"])
@allow(may_offer)
@problems(ServiceMissing, ExtraMissing, ExtraRefused, StateForbids)
@idempotent
@service_extras.arguments(ExtraPriceSchema)
@service_extras.response(201, ExtraVersionSchema)
def reprice(given: dict[str, Any], service_id: int, extra_id: int) -> ExtraPrice:
    """Publish what an extra costs

    From today or a later day on; without a price it is not offered from then on. The past never changes.
    """
    valid_from = given.pop("valid_from")
    return service.price_extra(
        service_id=service_id,
        extra_id=extra_id,
        valid_from=valid_from,
        terms=given,
        actor=current_actor(),
        now=clock.now(),
    )


@service_extras.route("/<int:service_id>/extras/<int:extra_id>/prices/<int:price_id>/withdrawal", methods=["POST"])
@allow(may_offer)
@problems(ServiceMissing, ExtraMissing, PriceBegun)
@idempotent
@service_extras.response(201, ExtraVersionSchema)
def take_price_back(service_id: int, extra_id: int, price_id: int) -> ExtraPrice:
    """Withdraw an announced price of an extra

    Before its day; it stays in the history.
    """
    return service.withdraw_extra_price(
        service_id=service_id, extra_id=extra_id, price_id=price_id, actor=current_actor(), now=clock.now()
    )
