"""Groups of instruments with their utilisation, each actor its own scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_

from accounts.models import Organisation
from accounts.queries.names import organisation_names
from core.permissions import Actor
from core.workdays import load_calendar
from instruments.models import Instrument
from instruments.policy import city_names
from instruments.queries.instruments import in_scope
from instruments.queries.time_pieces import Days, UtilisationBy
from instruments.queries.utilisation import Utilisation, all_days, together, utilisation, within_groups


@dataclass(frozen=True, slots=True)
class Group:
    """A group: its key, what it is called and what it belongs to, with its figures and perhaps those of its days."""

    by: UtilisationBy
    key: int | str
    name: str
    of: str
    figures: Utilisation
    days: Sequence[Utilisation] = ()


def utilisation_scope(actor: Actor, *, provider: int | None = None, city: str | None = None) -> ColumnElement[bool]:
    """Instruments whose use the actor may look into, perhaps of one provider or one city alone; to be asked beside
    their providers."""
    narrowed = [in_scope(actor)]
    if provider is not None:
        narrowed.append(Instrument.provider_id == provider)
    if city is not None:
        narrowed.append(Instrument.provider.has(Organisation.city == city))
    return and_(*narrowed)


def with_figures(
    found: Sequence[Any], scope: ColumnElement[bool], days: Days, *, by: UtilisationBy, each_day: bool = False
) -> list[Group]:
    """Groups as :func:`~instruments.queries.utilisation.groups` has them, with their figures in one statement."""
    whole = by is UtilisationBy.PROVINCE
    keys = ["" if whole else each if isinstance(each, str) else each.id for each in found]
    within = and_(scope, within_groups(by, keys))
    calendar = load_calendar(since=days.first - timedelta(days=1))
    rows = utilisation(within, days, calendar=calendar, by=by, per_day=each_day) if keys else []
    by_key: dict[Any, list[Utilisation]] = {}
    for each in rows:
        by_key.setdefault("" if each.key is None else each.key, []).append(each)
    names = _names(found, by, days)
    return [
        Group(by, key, *names[key], together(by_key.get(key, ())), by_key.get(key, ()) if each_day else ())
        for key in keys
    ]


def day_by_day(scope: ColumnElement[bool], days: Days) -> Sequence[Utilisation]:
    """Everything in a scope together, day by day."""
    calendar = load_calendar(since=days.first - timedelta(days=1))
    return all_days(scope, days, calendar=calendar, by=UtilisationBy.PROVINCE)


def _names(found: Sequence[Any], by: UtilisationBy, days: Days) -> Mapping[Any, tuple[str, str]]:
    """What groups are called, and what they belong to: a provider, a city or nothing."""
    if by is UtilisationBy.INSTRUMENT:
        owners = organisation_names({each.provider_id for each in found})
        return {each.id: (each.name, owners[each.provider_id]) for each in found}
    cities = city_names(days.last)
    if by is UtilisationBy.PROVIDER:
        return {each.id: (each.name, cities.get(each.city or "", "")) for each in found}
    return {code: (cities.get(code, ""), "") for code in ("", *found)}
