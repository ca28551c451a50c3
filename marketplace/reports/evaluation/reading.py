"""Who reads whose evaluation, and over which period: a provider and a city their own, the province all (V6, V20)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Select, Subquery, Text, false, select
from sqlalchemy import column as sql_column
from sqlalchemy import values as sql_values

from accounts.kinds import OrganisationKind
from accounts.models import Membership, Organisation, User
from accounts.permissions import Role
from accounts.queries import visible_organisations
from accounts.queries.names import organisation_names
from accounts.states import MembershipState
from core import policy
from core.db import session
from core.errors import NotFound, Refused, reason
from core.permissions import Actor
from instruments.policy import city_names
from marketplace.reports.evaluation.cases import Scope
from marketplace.reports.evaluation.figures import (
    MEASURES,
    Evaluated,
    Figure,
    Measure,
    Middle,
    cases_of,
    figures,
    measure_of,
    middles,
)
from marketplace.reports.evaluation.officers import OFFICERS
from marketplace.rules.naming import NAMING, EvaluationPolicy, evaluation_policy

REVIEW_TERM = "reviews.city_review_working_days"
_READS_ALL = frozenset({Role.PROVINCE, Role.AUDITOR})
_READS_ITS_CITY = frozenset({Role.CITY_BUREAU, Role.CITY_FINANCE})
_MOST_DIGITS = 19
_STANDING = (MembershipState.APPROVED, MembershipState.SUSPENDED)


class EvaluatedMissing(NotFound):
    """There is nobody of this number to be evaluated, for this actor."""

    code = "evaluated_missing"


class PeriodReversed(Refused):
    """The period ends before it begins."""

    code = "period_reversed"


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who is evaluated: the number of an organisation or user, or the code of a city."""

    key: Any
    name: str
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """One measure of somebody beside the middle of all; ``few``: it rests on fewer cases than the policy asks for."""

    measure: Measure
    figure: Figure
    middle: Middle | None
    few: bool


def scope_of(since: date | None, until: date | None, *, today: date) -> Scope:
    """A period with the terms in force on its last day; the whole year where an end is left out.

    Raises :class:`PeriodReversed`.
    """
    first = since or date((until or today).year, 1, 1)
    last = until or date(first.year, 12, 31)
    if last < first:
        raise PeriodReversed(reasons=[reason("period_reversed", article=NAMING, field="until")])
    figures_of_policy = policy_on(last)
    return Scope(
        since=first,
        until=last,
        today=today,
        review_days=policy.current().nearest(last, term=REVIEW_TERM)[REVIEW_TERM],
        registration_days=figures_of_policy.registration_review_working_days,
        publishing_days=figures_of_policy.publishing_working_days,
    )


def policy_on(day: date) -> EvaluationPolicy:
    """The figures of evaluation of a day."""
    return evaluation_policy(policy.current(), day)


def registered_providers() -> Select[tuple[Organisation]]:
    """Every provider that is a member."""
    registered = select(Membership.organisation_id).where(
        Membership.kind == OrganisationKind.PROVIDER, Membership.state.in_(_STANDING)
    )
    return select(Organisation).where(Organisation.id.in_(registered))


def providers_seen(actor: Actor) -> Select[tuple[Organisation]]:
    """The providers an actor reads about: itself, those of its city, all."""
    return registered_providers().where(visible_organisations(actor))


def cities_seen(actor: Actor, today: date) -> dict[str, str]:
    """The cities an actor reads about, with their names in the order of the division list."""
    names = city_names(today)
    if actor.role in _READS_ALL:
        return dict(names)
    own = actor.city if actor.role in _READS_ITS_CITY else None
    return {code: name for code, name in names.items() if code == own}


def officers_seen(actor: Actor) -> Select[tuple[User]]:
    """The officers an actor reads about: a bureau those of its own office, province and auditor all."""
    officers = select(User).where(User.role.in_(OFFICERS))
    if actor.role in _READS_ALL:
        return officers
    own = false() if actor.organisation_id is None else User.organisation_id == actor.organisation_id
    return officers.where(own if actor.role == Role.CITY_BUREAU else false())


def city_rows(names: dict[str, str]) -> Subquery:
    """Cities as rows: ``key``, ``name`` and ``place`` (their position in the list)."""
    table = sql_values(
        sql_column("key", Text), sql_column("name", Text), sql_column("position", BigInteger), name="city_list"
    ).data([(code, name, position) for position, (code, name) in enumerate(names.items())] or [("", "", -1)])
    return select(table.c.key, table.c.name, table.c.position).where(table.c.key != "").subquery("city")


def evaluated_of(whose: str) -> Evaluated:
    """Who is evaluated, by the word of an address; raises :class:`EvaluatedMissing`."""
    if whose not in list(Evaluated):
        raise EvaluatedMissing
    return Evaluated(whose)


def offices_of(officers: Sequence[User]) -> list[Owner]:
    """Officers with their offices by name, in one query."""
    names = organisation_names(each.organisation_id for each in officers)
    return [Owner(each.id, each.username, names[each.organisation_id]) for each in officers]


def find_owner(whose: Evaluated, key: str, *, actor: Actor, today: date) -> Owner:
    """Somebody the actor reads about, by number or code; raises :class:`EvaluatedMissing`."""
    if whose is Evaluated.CITIES:
        names = cities_seen(actor, today)
        if key not in names:
            raise EvaluatedMissing
        return Owner(key, names[key])
    number = int(key) if key.isdecimal() and len(key) < _MOST_DIGITS else 0
    if whose is Evaluated.PROVIDERS:
        provider = session().scalar(providers_seen(actor).where(Organisation.id == number))
        if provider is None:
            raise EvaluatedMissing
        return Owner(provider.id, provider.name, provider.city)
    officer = (
        session()
        .execute(
            officers_seen(actor)
            .where(User.id == number)
            .join(Organisation, Organisation.id == User.organisation_id)
            .with_only_columns(User.id, User.username, Organisation.name)
        )
        .one_or_none()
    )
    if officer is None:
        raise EvaluatedMissing
    return Owner(*officer)


def report(whose: Evaluated, owner: Any, scope: Scope) -> list[Reported]:
    """Every measure of somebody beside the middle of all."""
    own = figures(whose, scope, [owner]).get(owner, {})
    middle = middles(whose, scope)
    few = policy_on(scope.until).small_sample
    return [
        Reported(
            measure=measure,
            figure=(figure := own.get(measure.key, Figure())),
            middle=middle.get(measure.key),
            few=0 < figure.n < few,
        )
        for measure in MEASURES[whose]
    ]


def reports(whose: Evaluated, owners: Collection[Owner], scope: Scope) -> list[tuple[Owner, dict[str, Figure]]]:
    """The figures of several, in their order, in one query."""
    found = figures(whose, scope, [each.key for each in owners])
    return [(each, found.get(each.key, {})) for each in owners]


def find_cases(whose: Evaluated, measure: str, owner: Any, scope: Scope) -> Subquery:
    """The cases behind one figure of somebody; raises :class:`EvaluatedMissing` for a measure nobody has."""
    return cases_of(measure_or_missing(whose, measure), scope, owner)


def measure_or_missing(whose: Evaluated, key: str) -> Measure:
    """A measure by its name; raises :class:`EvaluatedMissing`."""
    found = measure_of(whose, key)
    if found is None:
        raise EvaluatedMissing
    return found
