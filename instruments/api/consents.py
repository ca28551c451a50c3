"""Standing consents over HTTP."""

from __future__ import annotations

from typing import Any

from core import clock
from core.http import Blueprint, CursorSchema, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from instruments import queries
from instruments.models import ServiceConsent
from instruments.permissions import may_offer, may_search
from instruments.queries.consents import ConsentMissing, consents_of
from instruments.queries.instruments import ServiceMissing
from instruments.schemas.consents import ConsentSchema, NewConsentSchema
from instruments.service.consents import ConsentInForce, give_consent, revoke_consent

consents = Blueprint(
    "consents",
    __name__,
    url_prefix="/services/<int:service_id>/consents",
    description="Orders accepted ahead of being placed.",
)


@consents.route("", methods=["GET"])
@allow(may_search)
@problems(ServiceMissing)
@consents.arguments(CursorSchema, location="query")
@consents.response(200, page_schema(ConsentSchema))
def index(given: dict[str, Any], service_id: int) -> dict[str, Any]:
    """Standing consents of a service

    The last given first. While one is in force, orders of the service are accepted as they are placed.
    """
    queries.find_service(service_id, actor=current_actor())
    return page_of(consents_of(service_id), **given, key=ServiceConsent.id, descending=True)


@consents.route("", methods=["POST"])
@allow(may_offer)
@problems(ServiceMissing, ConsentInForce, StateForbids)
@idempotent
@consents.arguments(NewConsentSchema)
@consents.response(201, ConsentSchema)
def give(given: dict[str, Any], service_id: int) -> ServiceConsent:
    """Accept orders ahead

    Every order of a published service that the booking rules allow is accepted at once, until this is taken back.
    """
    return give_consent(service_id=service_id, **given, actor=current_actor(), now=clock.now())


@consents.route("/<int:consent_id>/revocation", methods=["POST"])
@allow(may_offer)
@problems(ServiceMissing, ConsentMissing)
@idempotent
@consents.response(201, ConsentSchema)
def revoke(service_id: int, consent_id: int) -> ServiceConsent:
    """Take a standing consent back

    Orders are answered one by one again; what was accepted stays accepted.
    """
    return revoke_consent(service_id=service_id, consent_id=consent_id, actor=current_actor(), now=clock.now())
