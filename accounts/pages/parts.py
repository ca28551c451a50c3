"""What several pages of accounts show alike: places, facts of an organisation, and who did something."""

from __future__ import annotations

from collections.abc import Callable

from accounts import policy
from accounts.kinds import OrganisationKind
from accounts.models import Organisation
from accounts.permissions import Role
from core import clock
from core.audit import AuditEntry
from core.pages import Event
from core.pages.forms import Options
from core.pages.language import term, text_or, yes_no

Fact = tuple[str, object]


def place_of(organisation: Organisation) -> str | None:
    """County and city by name, the bare code of a place outside the province, or None."""
    today = clock.today(clock.now())
    if organisation.county is not None:
        return policy.county_names(today).get(organisation.county, organisation.county)
    return None if organisation.city is None else policy.city_names(today).get(organisation.city, organisation.city)


def counties() -> Options:
    """Every county of the province, to choose from."""
    return list(policy.county_names(clock.today(clock.now())).items())


def cities() -> Options:
    """Every city of the province, to choose from."""
    return list(policy.city_names(clock.today(clock.now())).items())


def facts_of(organisation: Organisation) -> list[Fact]:
    """What an organisation of its kind has stated about itself."""
    shown: list[Fact] = [
        ("column.kind", term(organisation.kind)),
        ("column.uscc", organisation.uscc),
        ("column.place", place_of(organisation)),
        ("field_label.legal_representative", organisation.legal_representative),
        ("field_label.phone", organisation.phone),
        ("field_label.address", organisation.address),
    ]
    if organisation.kind is OrganisationKind.ENTERPRISE:
        shown.append(("field_label.has_rd_base", yes_no(organisation.has_rd_base)))
    if organisation.kind is OrganisationKind.TEAM:
        shown.append(("field_label.rd_need", organisation.rd_need))
    if organisation.institution_kind is not None:
        shown += [
            ("field_label.institution_kind", term(organisation.institution_kind)),
            ("field_label.has_sharing_rules", yes_no(organisation.has_sharing_rules)),
            ("field_label.fiscal", yes_no(organisation.fiscal)),
        ]
    if organisation.incubator_level is not None:
        shown.append(("field_label.incubator_level", term(organisation.incubator_level)))
    return shown


def note_of(entry: AuditEntry) -> str | None:
    """What was said with a step."""
    return entry.data.get("note")


def events_of(
    entries: list[AuditEntry], kind: str, *, note: Callable[[AuditEntry], str | None] = note_of
) -> list[Event]:
    """What the trail has about a record, the texts being ``event.<kind>.<action>``; who acted by role alone."""
    return [
        Event(
            title=text_or(f"event.{kind}.{entry.action}", entry.action),
            at=entry.at,
            who=role_of(entry.actor_role),
            note=note(entry),
        )
        for entry in entries
    ]


def role_of(role: str) -> str | None:
    """The word for the role in which somebody acted; None for the service itself."""
    return term(Role(role)) if role in set(Role) else None
