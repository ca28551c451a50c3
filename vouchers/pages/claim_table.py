"""The table of claims, for everybody who may read any: what it shows and by what it narrows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func

from accounts.permissions import Role, beneficiary, incubator
from accounts.policy import city_names
from accounts.queries import teams_of
from accounts.queries.names import organisation_names
from core import clock
from core.pages import Column, Filter, Lead, Table, link_to
from core.pages.forms import Options
from core.pages.language import t, yuan
from core.pages.tables import choice
from core.permissions import Actor
from core.workdays import Countdown
from vouchers.models import Claim
from vouchers.queries.deadlines import with_due
from vouchers.rules.facts import PaymentMode
from vouchers.states import ClaimState

YEARS_SHOWN = 6
_ONE_CITY = frozenset({Role.CITY_BUREAU, Role.CITY_FINANCE})
_PARTIES = frozenset({Role.ENTERPRISE, Role.TEAM, Role.INCUBATOR, Role.PROVIDER})


@dataclass(frozen=True, slots=True)
class Row:
    """A claim as the table shows it."""

    claim: Claim
    beneficiary: str
    provider: str
    city: str
    due: Countdown | None
    """How long the claimant still has; None where nothing is due."""


def claims_table(actor: Actor) -> Table:
    """The table as a reader of a role needs it."""
    return Table(
        name="claims",
        key=Claim.id,
        default_sort="-claim",
        empty="page.claims.empty",
        lead=Lead("instruments", "table.find_instruments", beneficiary | incubator),
        prepare=rows_of,
        filters=list(_filters(actor)),
        columns=list(_columns(actor)),
    )


def options_of(claims: Sequence[Claim], *, sum_fen: Callable[[Claim], int | None]) -> Options:
    """The claims as boxes to tick, each with the sum it is about."""
    return [
        (
            str(row.claim.id),
            t(
                "page.summary_new.option",
                number=row.claim.id,
                user=row.beneficiary,
                service=row.claim.record["title"],
                sum=yuan(sum_fen(row.claim)),
            ),
        )
        for row in rows_of(claims)
    ]


def rows_of(found: Sequence[Claim]) -> list[Row]:
    """Claims with the names of their parties: one query a page."""
    names = organisation_names({each.beneficiary_id for each in found} | {each.provider_id for each in found})
    today = clock.today(clock.now())
    cities = city_names(today)
    return [
        Row(
            each,
            names[each.beneficiary_id],
            names[each.provider_id],
            cities.get(each.city, each.city),
            due,
        )
        for each, due in ((each.claim, each.due) for each in with_due(found, today=today))
    ]


def cities() -> Options:
    """Every city of the province, to choose from."""
    return list(city_names(clock.today(clock.now())).items())


def city_filter() -> Filter:
    """By the city of the user."""
    return Filter("city", lambda query, value: query.where(Claim.city == value), options=cities)


def number_column() -> Column:
    """The number, leading to the claim."""
    return Column(
        "claim", lambda row: row.claim.id, sort=Claim.id, link=lambda row: link_to("claim", row.claim.id), kind="text"
    )


def _columns(actor: Actor) -> Iterator[Column]:
    due_on = func.coalesce(Claim.correct_by, Claim.last_day)
    yield number_column()
    yield Column("service", lambda row: row.claim.record["title"])
    yield Column("beneficiary", lambda row: row.beneficiary)
    yield Column("provider", lambda row: row.provider)
    if _reads_cities(actor):
        yield Column("city", lambda row: row.city, sort=Claim.city)
    yield Column("payment_mode", lambda row: row.claim.payment_mode, kind="term", sort=Claim.payment_mode)
    yield Column("claimed", lambda row: row.claim.claimed_fen, kind="money", sort=Claim.claimed_fen)
    yield Column("state", lambda row: row.claim.state, kind="state", sort=Claim.state)
    yield Column("due_on", lambda row: row.claim.due_on, kind="day", sort=due_on)
    yield Column("days_left", lambda row: None if row.due is None else row.due.days_left, kind="number")
    yield Column("working_days_left", lambda row: None if row.due is None else row.due.working_days_left, kind="number")
    yield Column("provisional", lambda row: row.due is not None and row.due.provisional, kind="flag")


def _filters(actor: Actor) -> Iterator[Filter]:
    yield choice("state", Claim.state, ClaimState)
    yield choice("payment_mode", Claim.payment_mode, PaymentMode)
    yield Filter("year", _of_year, options=_years)
    if actor.role == Role.INCUBATOR:
        yield Filter("team", _of_team, options=lambda: _teams(actor))
    if _reads_cities(actor):
        yield city_filter()


def _reads_cities(actor: Actor) -> bool:
    return actor.role not in _ONE_CITY | _PARTIES and actor.city is None


def _of_year(query: Select[Any], value: str) -> Select[Any]:
    return query.where(Claim.year == _number(value))


def _of_team(query: Select[Any], value: str) -> Select[Any]:
    return query.where(Claim.beneficiary_id == _number(value))


def _number(value: str) -> int:
    """A small whole number; raises ValueError, which the table shows as a fault of its filter."""
    if not value.isdecimal() or len(value) > len("999999999"):
        raise ValueError(value)
    return int(value)


def _years() -> Options:
    this: date = clock.today(clock.now())
    return [(str(year), str(year)) for year in range(this.year + 1, this.year + 1 - YEARS_SHOWN, -1)]


def _teams(actor: Actor) -> Options:
    return [(str(each.id), each.name) for each in teams_of(actor.organisation_id or 0)]
