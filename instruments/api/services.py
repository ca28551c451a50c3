"""Priced services over HTTP."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import selectinload

from core import clock
from core.http import Blueprint, CursorSchema, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from instruments import queries
from instruments.models import Service, ServiceExtra, ServicePrice
from instruments.permissions import may_offer, may_search
from instruments.queries.details import services as matching_services
from instruments.queries.instruments import ServiceMissing
from instruments.queries.prices import PriceMissing, prices_of
from instruments.schemas.services import (
    AnnouncedPriceSchema,
    NewServiceSchema,
    PriceVersionSchema,
    ServiceFieldsSchema,
    ServiceQuerySchema,
    ServiceSchema,
)
from instruments.service import services as service
from instruments.service.listings import ProviderNotMember
from instruments.service.prices import PriceBegun, PriceRefused, announce_price, withdraw_price
from instruments.service.services import ServiceIncomplete, ServiceRefused
from instruments.steps.describing import ExternalIdTaken
from instruments.steps.restrictions import ProviderRestricted

services = Blueprint("services", __name__, url_prefix="/services", description="What providers offer at a price.")


@services.route("", methods=["GET"])
@allow(may_search)
@services.arguments(ServiceQuerySchema, location="query")
@services.response(200, page_schema(ServiceSchema))
def find(given: dict[str, Any]) -> dict[str, Any]:
    """Find services

    Published ones; with `state` also one's own drafts and withdrawn ones.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    query = matching_services(**given, actor=current_actor()).options(
        selectinload(Service.extras).joinedload(ServiceExtra.versions)
    )
    return page_of(query, cursor=cursor, limit=limit, key=Service.id, descending=True)


@services.route("", methods=["POST"])
@allow(may_offer)
@problems(ServiceRefused, ExternalIdTaken)
@idempotent
@services.arguments(NewServiceSchema)
@services.response(201, ServiceSchema)
def create(given: dict[str, Any]) -> Service:
    """Draft a service

    By its provider, on instruments of its own.
    """
    ids = given.pop("instrument_ids", [])
    return service.create_service(fields=given, instrument_ids=ids, actor=current_actor(), now=clock.now())


@services.route("/<int:service_id>", methods=["GET"])
@allow(may_search)
@problems(ServiceMissing)
@services.response(200, ServiceSchema)
def show(service_id: int) -> Service:
    """A service

    With the instruments it rests on.
    """
    return queries.find_service(service_id, actor=current_actor())


@services.route("/<int:service_id>", methods=["PATCH"])
@allow(may_offer)
@problems(ServiceMissing, ServiceRefused, ServiceIncomplete)
@services.arguments(ServiceFieldsSchema(partial=True))
@services.response(200, ServiceSchema)
def update(given: dict[str, Any], service_id: int) -> Service:
    """Change a service

    What is left out stays. A published one must stay complete; orders keep the price they were placed at.
    """
    ids = given.pop("instrument_ids", None)
    return service.update_service(
        service_id=service_id, changes=given, instrument_ids=ids, actor=current_actor(), now=clock.now()
    )


@services.route("/<int:service_id>/publication", methods=["POST"])
@allow(may_offer)
@problems(ServiceMissing, ServiceIncomplete, StateForbids, ProviderNotMember, ProviderRestricted)
@idempotent
@services.response(201, ServiceSchema)
def publish(service_id: int) -> Service:
    """Publish a service

    Content, process, equipment, price, phone and turnaround are needed (V14); everything missing is named.
    """
    return service.publish_service(service_id=service_id, actor=current_actor(), now=clock.now())


@services.route("/<int:service_id>/withdrawal", methods=["POST"])
@allow(may_offer)
@problems(ServiceMissing, StateForbids)
@idempotent
@services.response(201, ServiceSchema)
def withdraw(service_id: int) -> Service:
    """Withdraw a service

    Orders placed before go on.
    """
    return service.withdraw_service(service_id=service_id, actor=current_actor(), now=clock.now())


@services.route("/<int:service_id>/prices", methods=["GET"])
@allow(may_search)
@problems(ServiceMissing)
@services.arguments(CursorSchema, location="query")
@services.response(200, page_schema(PriceVersionSchema))
def prices(given: dict[str, Any], service_id: int) -> dict[str, Any]:
    """What a service costs, by day

    Every version, the last entered first; the past never changes (V14). In force on a day is the version with the
    latest `valid_from` up to it, of several from one day the last entered, withdrawn ones left out.
    """
    queries.find_service(service_id, actor=current_actor())
    return page_of(prices_of(service_id), **given, key=ServicePrice.id, descending=True)


@services.route("/<int:service_id>/prices", methods=["POST"])
@allow(may_offer)
@problems(ServiceMissing, PriceRefused, StateForbids)
@idempotent
@services.arguments(AnnouncedPriceSchema)
@services.response(201, PriceVersionSchema)
def announce(given: dict[str, Any], service_id: int) -> ServicePrice:
    """Announce a price

    From a later day on; what is left out stays as it will be then. What holds today is changed with the service.
    """
    valid_from = given.pop("valid_from")
    return announce_price(
        service_id=service_id, valid_from=valid_from, terms=given, actor=current_actor(), now=clock.now()
    )


@services.route("/<int:service_id>/prices/<int:price_id>/withdrawal", methods=["POST"])
@allow(may_offer)
@problems(ServiceMissing, PriceMissing, PriceBegun)
@idempotent
@services.response(201, PriceVersionSchema)
def take_back(service_id: int, price_id: int) -> ServicePrice:
    """Withdraw an announced price

    Before its day; it stays in the history.
    """
    return withdraw_price(service_id=service_id, price_id=price_id, actor=current_actor(), now=clock.now())
