"""Priced services over HTTP."""

from __future__ import annotations

from typing import Any

from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from instruments import queries
from instruments.models import Service
from instruments.permissions import may_offer, may_search
from instruments.queries.details import services as matching_services
from instruments.queries.instruments import ServiceMissing
from instruments.schemas.services import NewServiceSchema, ServiceFieldsSchema, ServiceQuerySchema, ServiceSchema
from instruments.service import services as service
from instruments.service.listings import ProviderNotMember
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
    query = matching_services(**given, actor=current_actor())
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
