"""Who may do what in the catalogue. Targets are instruments and services, which name their provider."""

from __future__ import annotations

from typing import Any

from accounts.models import Organisation
from accounts.permissions import (
    anyone,
    auditor,
    authority,
    beneficiary,
    city_bureau,
    incubator,
    official_reader,
    provider,
    province,
)
from accounts.queries import acts_for
from core.permissions import Actor, has_role, permission

may_search = anyone
may_ask_for_it = beneficiary | incubator
"""For whom a service's price leads on to a quote."""
may_offer = provider
may_review = authority
may_import = provider
may_read_imports = provider
may_read_deadlines = provider | official_reader
may_read_alarms = provider | official_reader
"""Whom mandatory instruments without a reading concern."""
may_review_exemptions = authority
may_confirm_exemptions = province
may_ask_for_purchase = provider
may_decide_purchases = province
may_read_purchases = provider | official_reader
"""Who sees what is to be bought and what the catalogue holds against it (S27)."""
may_report_changes = provider | authority
may_read_exemptions = provider | authority | auditor
"""Whom the ground of secrecy concerns; its document is for nobody else."""
may_log_use = provider
may_keep_sensors = provider
may_hand_in_readings = has_role("sensor")
"""Whoever comes with an ingest key, which opens nothing else."""
may_read_use = provider | official_reader
may_attend = provider | beneficiary | incubator
may_read_bookings = may_attend | official_reader
may_have_calendars = may_attend
"""Whose bookings and instruments calendar programs may read at secret addresses."""
may_read_waits = may_attend
"""Who waits for slots, and whose instruments are waited for."""
may_read_qualifications = may_attend
"""Who asks to be qualified for instruments, and who decides about it."""
may_read_national_lists = provider | official_reader
"""Who writes the files for the national network."""


@permission
def owns(actor: Actor, target: Any) -> bool:
    """The provider whose instrument, service or import it is."""
    return actor.organisation_id is not None and bool(actor.organisation_id == target.provider_id)


@permission
def holds_it(actor: Actor, target: Any) -> bool:
    """Who acts for the organisation that a qualification is of."""
    return bool(target.organisation_id in acts_for(actor))


@permission
def has_jurisdiction(actor: Actor, target: Any) -> bool:
    """The bureau of the provider's city; the province for providers that sit in none of its cities (S11, V10)."""
    organisation: Organisation = target.provider
    if organisation.city is None:
        return province(actor)
    return city_bureau(actor) and actor.city == organisation.city


@permission
def is_no_owner(actor: Actor, target: Any) -> bool:
    """Whoever reviews a listing does not belong to its owner."""
    return bool(actor.organisation_id != target.provider_id)


@permission
def is_buyer(actor: Actor, target: Any) -> bool:
    """The organisation whose purchase is reviewed."""
    return actor.organisation_id is not None and bool(actor.organisation_id == target.organisation_id)


@permission
def is_reporter(actor: Actor, target: Any) -> bool:
    """The organisation that reported a change."""
    return bool(actor.organisation_id == target.reporter_id)


may_manage = provider & owns
may_judge = may_review & has_jurisdiction & is_no_owner
"""The authority that reviews this listing."""

__all__ = [
    "has_jurisdiction",
    "holds_it",
    "is_buyer",
    "is_no_owner",
    "is_reporter",
    "may_ask_for_it",
    "may_ask_for_purchase",
    "may_attend",
    "may_confirm_exemptions",
    "may_decide_purchases",
    "may_hand_in_readings",
    "may_have_calendars",
    "may_import",
    "may_judge",
    "may_keep_sensors",
    "may_log_use",
    "may_manage",
    "may_offer",
    "may_read_alarms",
    "may_read_bookings",
    "may_read_deadlines",
    "may_read_exemptions",
    "may_read_imports",
    "may_read_national_lists",
    "may_read_purchases",
    "may_read_qualifications",
    "may_read_use",
    "may_read_waits",
    "may_report_changes",
    "may_review",
    "may_review_exemptions",
    "may_search",
    "owns",
]
