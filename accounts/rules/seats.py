"""Where an organisation sits on a day, and which changes of its facts it may ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar

from accounts.kinds import OrganisationKind
from accounts.rules.registration import Places
from core.errors import Reason, reason


class Dated(Protocol):
    """A period of dates: ``since`` the first day, ``until`` the first day no longer, None while it runs."""

    @property
    def since(self) -> date: ...
    @property
    def until(self) -> date | None: ...


P = TypeVar("P", bound=Dated)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a member wants to change from a day on; None is "stays as it is"."""

    effective_on: date
    county: str | None = None
    name: str | None = None
    legal_representative: str | None = None
    phone: str | None = None
    address: str | None = None
    controller: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it changes nothing."""
        return not any((self.county, self.name, self.legal_representative, self.phone, self.address, self.controller))


def covering(periods: Sequence[P], on: date) -> P | None:
    """The period that covers a day; before the first one, which nobody recorded, the first."""
    for each in periods:
        if each.since <= on and (each.until is None or on < each.until):
            return each
    return min(periods, key=lambda each: each.since, default=None)


def change_faults(
    change: Change,
    *,
    kind: OrganisationKind,
    present_county: str | None,
    in_province: bool,
    seats: Sequence[Dated],
    places: Places,
    latest: date | None = None,
) -> list[Reason]:
    """Everything for which a wanted change is refused, at once; ``latest`` is the last day it may begin on."""
    found = [reason("change_empty", field="reason")] if change.is_empty else []
    if latest is not None and change.effective_on > latest:
        found.append(reason("change_too_far_ahead", article="V15", field="effective_on", day=latest))
    if change.controller is not None and kind is not OrganisationKind.ENTERPRISE:
        found.append(reason("controller_of_enterprises_only", article="V12 cap", field="controller"))
    if change.county is None:
        return found
    if kind is OrganisationKind.TEAM:
        return [*found, reason("team_sits_with_incubator", article="V9", field="county")]
    if change.county == present_county:
        found.append(reason("county_unchanged", field="county"))
    if places.in_province(change.county) != in_province:
        found.append(reason("change_crosses_border", article="V15", field="county"))
    elif in_province and change.county not in places.cities:
        found.append(reason("county_unknown", field="county", county=change.county))
    if any(each.since >= change.effective_on for each in seats):
        found.append(reason("seat_overlaps", article="V12", field="effective_on"))
    return found
