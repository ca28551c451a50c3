"""Standing consents of a service: the one in force, and those there were."""

from __future__ import annotations

from sqlalchemy import Select, select

from core.db import session
from core.errors import NotFound
from instruments.models import Service, ServiceConsent


class ConsentMissing(NotFound):
    """The service has no such standing consent in force."""

    code = "consent_missing"


def consents_of(service_id: int) -> Select[tuple[ServiceConsent]]:
    """Every standing consent of a service, taken back or not."""
    return select(ServiceConsent).where(ServiceConsent.service_id == service_id)


def consent_in_force(service: Service) -> ServiceConsent | None:
    """What a service's orders are accepted by at once, if anything."""
    return None if service.consent_id is None else session().get_one(ServiceConsent, service.consent_id)


def find_consent(service_id: int, consent_id: int) -> ServiceConsent:
    """A standing consent in force, locked against orders that would rest on it; raises :class:`ConsentMissing`."""
    found = session().scalar(
        consents_of(service_id)
        .where(ServiceConsent.id == consent_id, ServiceConsent.revoked_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise ConsentMissing
    return found
