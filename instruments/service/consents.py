"""A provider accepts orders of a service ahead, and takes that back (V16, ADR 0209)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from core import audit
from core.db import transaction
from core.errors import Conflict
from core.permissions import Actor, authorise
from core.states import StateForbids, state_refusal
from instruments.models import ServiceConsent
from instruments.permissions import may_manage
from instruments.queries.consents import find_consent
from instruments.queries.instruments import find_service
from instruments.states import SERVICE, ServiceState

__all__ = ["ConsentInForce", "StateForbids", "give_consent", "revoke_consent"]


class ConsentInForce(Conflict):
    """A standing consent is in force already; take it back first to give another."""

    code = "consent_in_force"
    article = "V16"


def give_consent(*, service_id: int, direct_deduction: bool, actor: Actor, now: datetime) -> ServiceConsent:
    """Accept from now on every order of a published service that the booking rules allow; those in direct deduction too
    where ``direct_deduction`` says so. Raises :class:`ConsentInForce`, and StateForbids where the service is not
    published.
    """
    with transaction() as session:
        service = find_service(service_id, actor=actor, lock=True)
        authorise(actor, may_manage, service)
        if service.state is not ServiceState.PUBLISHED:
            raise state_refusal(service.state, "consent", transitions=SERVICE)
        if service.consent_id is not None:
            raise ConsentInForce
        given = ServiceConsent(
            service_id=service.id, direct_deduction=direct_deduction, given_by=actor.user_id, given_at=now
        )
        session.add(given)
        session.flush()
        service.consent_id = given.id
        audit.record(actor=actor, now=now, action="consent", subject=given, data=_said(given))
        return given


def revoke_consent(*, service_id: int, consent_id: int, actor: Actor, now: datetime) -> ServiceConsent:
    """Be asked about every order again; what was accepted stays accepted. Raises ConsentMissing."""
    with transaction():
        service = find_service(service_id, actor=actor, lock=True)
        authorise(actor, may_manage, service)
        consent = find_consent(service_id, consent_id)
        consent.revoked_by, consent.revoked_at = actor.user_id, now
        service.consent_id = None
        audit.record(actor=actor, now=now, action="take_back_consent", subject=consent, data=_said(consent))
        return consent


def _said(consent: ServiceConsent) -> dict[str, Any]:
    return {"service_id": consent.service_id, "direct_deduction": consent.direct_deduction}
