"""Figures by city: what the province compares and what a bureau knows of its own (V6, V20)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, cast, extract, func, select, true

from accounts.kinds import BENEFICIARY_KINDS, OrganisationKind
from accounts.models import Membership, Organisation
from accounts.states import MembershipState
from core import clock
from core.db import session
from core.permissions import SYSTEM
from core.workdays import load_calendar
from instruments.models import Instrument
from instruments.policy import city_names
from instruments.queries.details import listing_deadlines
from instruments.states import ListingState
from marketplace.models import Order
from marketplace.reports.desk.items import shanghai_day
from marketplace.reports.figures import paid_for_claim
from marketplace.reports.times import CLAIM_REVIEW, answered, hours_between
from marketplace.states import OrderState
from settlement.models import Payable
from vouchers.models import Claim
from vouchers.queries.review_queue import WAITING
from vouchers.states import ClaimState

_HOURS_A_DAY = 24


@dataclass(frozen=True, slots=True)
class CityFigures:
    """One city in one year, or in all of them.

    Orders and claims are those of its users, instruments and listings those of its providers; members, instruments and
    ``listings_overdue`` (S13) are as of today in any case. ``review_days`` is the average from a submission to its
    answer in calendar days, None before the first; ``oldest_age_days`` how many working days the oldest claim waits.
    """

    city: str
    users: int = 0
    providers: int = 0
    instruments: int = 0
    listings_overdue: int = 0
    orders: int = 0
    orders_completed: int = 0
    claims: Mapping[ClaimState, int] = field(default_factory=dict)
    claimed_fen: int = 0
    approved_fen: int = 0
    confirmed_fen: int = 0
    paid_fen: int = 0
    reviews: int = 0
    review_days: Decimal | None = None
    waiting: int = 0
    oldest_waiting: date | None = None
    oldest_age_days: int | None = None


def city_figures(*, today: date, year: int | None = None) -> list[CityFigures]:
    """Every city in the order of the division list; whether the actor may compare them is the caller's to say."""
    return _figures(today=today, year=year, city=None)


def figures_of(city: str, *, today: date, year: int | None = None) -> CityFigures:
    """One city alone, as its own bureau sees it."""
    (found,) = _figures(today=today, year=year, city=city)
    return found


def _figures(*, today: date, year: int | None, city: str | None) -> list[CityFigures]:
    """Each part is a query over all cities, or over the one asked for."""
    parts: list[dict[str, dict[str, Any]]] = [
        _members(city),
        _instruments(city),
        _overdue(city, today),
        _orders(city, year),
        _claims(city, year),
        _reviews(city, year),
        _waiting(city, today),
    ]
    cities = [city] if city is not None else list(city_names(today))
    return [
        CityFigures(each, **{name: value for part in parts for name, value in part.get(each, {}).items()})
        for each in cities
    ]


def _members(city: str | None) -> dict[str, dict[str, Any]]:
    used = func.count().filter(Membership.kind.in_(BENEFICIARY_KINDS))
    provided = func.count().filter(Membership.kind == OrganisationKind.PROVIDER)
    found = (
        select(Organisation.city, used, provided)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.state == MembershipState.APPROVED, _is(Organisation.city, city))
        .group_by(Organisation.city)
    )
    return _by_city(found, lambda users, providers: {"users": users, "providers": providers})


def _instruments(city: str | None) -> dict[str, dict[str, Any]]:
    found = (
        select(Instrument.city, func.count())
        .where(Instrument.state == ListingState.PUBLISHED, _is(Instrument.city, city))
        .group_by(Instrument.city)
    )
    return _by_city(found, lambda count: {"instruments": count})


def _overdue(city: str | None, today: date) -> dict[str, dict[str, Any]]:
    found = (
        listing_deadlines(actor=SYSTEM, on=today, overdue=True)
        .join(Organisation, Organisation.id == Instrument.provider_id)
        .where(_is(Organisation.city, city))
        .with_only_columns(Organisation.city, func.count())
        .group_by(Organisation.city)
    )
    return _by_city(found, lambda count: {"listings_overdue": count})


def _orders(city: str | None, year: int | None) -> dict[str, dict[str, Any]]:
    """By the year in which they were placed."""
    in_year = true() if year is None else cast(extract("year", shanghai_day(Order.placed_at)), Integer) == year
    completed = func.count().filter(Order.state == OrderState.COMPLETED)
    found = (
        select(Organisation.city, func.count(), completed)
        .select_from(Order)
        .join(Organisation, Organisation.id == Order.beneficiary_id)
        .where(in_year, _is(Organisation.city, city))
        .group_by(Organisation.city)
    )
    return _by_city(found, lambda orders, done: {"orders": orders, "orders_completed": done})


def _claims(city: str | None, year: int | None) -> dict[str, dict[str, Any]]:
    """By the year of the cap they count in (V12 cap). Drafts claim nothing yet; a revoked claim is not confirmed."""
    handed_in = Claim.first_submitted_at.is_not(None)
    confirmed = Claim.state == ClaimState.CONFIRMED
    rows = session().execute(
        select(
            Claim.city,
            Claim.state,
            func.count(),
            func.sum(Claim.claimed_fen).filter(handed_in),
            func.sum(Claim.approved_fen),
            func.sum(Claim.confirmed_fen).filter(confirmed),
            func.sum(Payable.paid_fen),
        )
        .outerjoin(Payable, paid_for_claim())
        .where(_is(Claim.city, city), _of_year(year))
        .group_by(Claim.city, Claim.state)
    )
    names = ("claimed_fen", "approved_fen", "confirmed_fen", "paid_fen")
    found: dict[str, dict[str, Any]] = {}
    for place, state, count, *sums in rows:
        figures = found.setdefault(place, {"claims": {}, **dict.fromkeys(names, 0)})
        figures["claims"][state] = count
        for name, fen in zip(names, sums, strict=True):
            figures[name] += int(fen or 0)
    return found


def _reviews(city: str | None, year: int | None) -> dict[str, dict[str, Any]]:
    """From each submission, or the province's sending back, to the city's answer, by the audit trail."""
    reviews = answered(CLAIM_REVIEW)
    days = func.avg(hours_between(reviews.c.since, reviews.c.at) / _HOURS_A_DAY)
    found = (
        select(Claim.city, func.count(), days)
        .join(reviews, reviews.c.subject_id == Claim.id)
        .where(_is(Claim.city, city), _of_year(year))
        .group_by(Claim.city)
    )
    return _by_city(found, lambda count, average: {"reviews": count, "review_days": round(Decimal(average), 1)})


def _waiting(city: str | None, today: date) -> dict[str, dict[str, Any]]:
    """What waits for a review today, whatever its year."""
    calendar = load_calendar()
    found = (
        select(Claim.city, func.count(), func.min(Claim.submitted_at))
        .where(Claim.state.in_(WAITING), _is(Claim.city, city))
        .group_by(Claim.city)
    )

    def shown(count: int, since: Any) -> dict[str, Any]:
        oldest = clock.today(since)
        age_days = calendar.working_days_between(oldest, today)
        return {"waiting": count, "oldest_waiting": oldest, "oldest_age_days": age_days}

    return _by_city(found, shown)


def _by_city(found: Select[Any], shown: Callable[..., dict[str, Any]]) -> dict[str, dict[str, Any]]:
    rows: Sequence[Any] = session().execute(found).all()
    return {place: shown(*rest) for place, *rest in rows if place}


def _is(column: Any, city: str | None) -> ColumnElement[bool]:
    return true() if city is None else column == city


def _of_year(year: int | None) -> ColumnElement[bool]:
    return true() if year is None else Claim.year == year
