"""Open statistics: what everybody may know of the catalogue, of services done and of the money that supported them.

Nothing names an organisation that the catalogue does not name, and sums over a few deals are left out. All of it comes
from five set-based queries and is kept for some minutes, as a million instruments take a moment to count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from threading import Lock
from typing import Any

from sqlalchemy import Integer, cast, extract, func, select, tuple_

from accounts.kinds import OrganisationKind
from accounts.models import Membership, Organisation
from accounts.states import MembershipState
from core import clock
from core.db import session
from instruments.models import Instrument, Service
from instruments.policy import city_names
from instruments.states import ListingState, ServiceState
from marketplace.models import Order, Quote
from marketplace.reports.desk.items import shanghai_day
from marketplace.reports.figures import FEW, OUTSIDE, Bucket, Subsidy, level_of, paid_for_claim, rows_by
from marketplace.states import OrderState
from settlement.models import Payable
from vouchers.models import Claim
from vouchers.states import ClaimState

KEPT_SECONDS = 300
CATEGORIES_SHOWN = 12
REST = "rest"
"""All categories beyond those shown, and those that say nothing, taken together."""
MONTHS_SHOWN = 24


@dataclass(frozen=True, slots=True)
class OpenStatistics:
    """The figures of one moment; cities are six-digit codes in the order of the division list, then ``outside``.

    Months are ``2026-03``, years ``2026``; months without a service are there with 0.
    """

    as_of: datetime
    instruments: int
    instrument_value_fen: int
    providers: int
    services: int
    orders_completed: int
    subsidy: Subsidy
    instruments_by_city: Sequence[Bucket]
    instruments_by_category: Sequence[Bucket]
    providers_by_city: Sequence[Bucket]
    services_by_kind: Sequence[Bucket]
    completed_by_month: Sequence[Bucket]
    completed_by_city: Sequence[Bucket]
    completed_by_kind: Sequence[Bucket]
    completed_by_year: Sequence[Bucket]
    subsidy_by_city: Sequence[Subsidy]
    subsidy_by_kind: Sequence[Subsidy]
    subsidy_by_year: Sequence[Subsidy]


@dataclass(frozen=True, slots=True)
class Kept:
    """Figures with the database they are of and the stretch of time they were counted in."""

    database: str
    stretch: int
    figures: OpenStatistics


@dataclass
class StatisticsCache:
    """Keeps the last figures of a database for :data:`KEPT_SECONDS`.

    One thread counts anew. Meanwhile the others take the last figures, or wait where there are none.
    """

    lock: Lock = field(default_factory=Lock)
    kept: Kept | None = None


CACHE = StatisticsCache()


def open_statistics(*, now: datetime, cache: StatisticsCache | None = CACHE) -> OpenStatistics:
    """The figures of now, or those counted within the same five minutes.

    Where the clock is held nothing is kept: a moment that does not pass would keep its first figures for ever.
    """
    if cache is None or clock.is_held():
        return _counted(now)
    database, stretch = str(session().get_bind().engine.url), int(now.timestamp() // KEPT_SECONDS)
    last = cache.kept if cache.kept is not None and cache.kept.database == database else None
    if last is not None and last.stretch == stretch:
        return last.figures
    if not cache.lock.acquire(blocking=last is None) and last is not None:
        return last.figures
    try:
        if cache.kept is None or (cache.kept.database, cache.kept.stretch) != (database, stretch):
            cache.kept = Kept(database, stretch, _counted(now))
        return cache.kept.figures
    finally:
        cache.lock.release()


def _counted(now: datetime) -> OpenStatistics:
    today = clock.today(now)
    cities = tuple(city_names(today))
    instruments = _instruments()
    services = _services()
    providers = _providers()
    completed = _completed()
    subsidy = _subsidy()
    (_, whole), (_, done), (_, paid) = instruments[None][0], completed[None][0], subsidy[None][0]
    return OpenStatistics(
        as_of=now,
        instruments=whole.count,
        instrument_value_fen=int(whole.fen),
        providers=sum(providers.values()),
        services=sum(services.values()),
        orders_completed=done.count,
        subsidy=_supported("", paid.count, paid.confirmed, paid.paid),
        instruments_by_city=_by_city(_plain(instruments["city"]), cities),
        instruments_by_category=_largest(_plain(instruments["category"])),
        providers_by_city=_by_city([Bucket(city, count) for city, count in providers.items()], cities),
        services_by_kind=_most_first(Bucket(kind, count) for kind, count in services.items()),
        completed_by_month=_months(_deals(completed["month"]), today),
        completed_by_city=_by_city(_deals(completed["city"]), cities),
        completed_by_kind=_most_first(_deals(completed["kind"])),
        completed_by_year=sorted(_deals(completed["year"]), key=lambda each: each.key),
        subsidy_by_city=_subsidy_by_city(_supports(subsidy["city"]), cities),
        subsidy_by_kind=sorted(_supports(subsidy["kind"]), key=lambda each: (-each.count, each.key)),
        subsidy_by_year=sorted(_supports(subsidy["year"]), key=lambda each: each.key),
    )


Found = Mapping[str | None, Sequence[tuple[Any, Any]]]


def _instruments() -> Found:
    """Published ones by city and by category, in one pass."""
    columns = (Instrument.city, Instrument.category)
    rows = session().execute(
        select(level_of(*columns), *columns, *_count_and(Instrument.value_fen))
        .where(Instrument.state == ListingState.PUBLISHED)
        .group_by(_sets(columns))
    )
    return rows_by(rows.all(), ("city", "category"))


def _providers() -> dict[str, int]:
    """Providers in good standing by city."""
    rows = session().execute(
        select(Organisation.city, func.count())
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.kind == OrganisationKind.PROVIDER, Membership.state == MembershipState.APPROVED)
        .group_by(Organisation.city)
    )
    return {city or OUTSIDE: count for city, count in rows}


def _services() -> dict[str, int]:
    """Published services by kind (V11)."""
    rows = session().execute(
        select(Service.kind, func.count()).where(Service.state == ServiceState.PUBLISHED).group_by(Service.kind)
    )
    return {kind.value: count for kind, count in rows}


def _completed() -> Found:
    """Completed orders by month, kind, city of the user, and year."""
    deals = (
        select(
            func.to_char(Order.completed_on, "YYYY-MM").label("month"),
            Quote.service_kind.label("kind"),
            Organisation.city.label("city"),
            cast(extract("year", Order.completed_on), Integer).label("year"),
            Order.price_fen.label("price_fen"),
        )
        .join(Quote, Quote.id == Order.quote_id)
        .join(Organisation, Organisation.id == Order.beneficiary_id)
        .where(Order.state == OrderState.COMPLETED)
        .subquery()
    )
    columns = (deals.c.month, deals.c.kind, deals.c.city, deals.c.year)
    rows = session().execute(
        select(level_of(*columns), *columns, *_count_and(deals.c.price_fen)).group_by(_sets(columns))
    )
    return rows_by(rows.all(), ("month", "kind", "city", "year"))


def _subsidy() -> Found:
    """Confirmed claims by city, kind and year of confirmation, with what was paid of them."""
    claims = (
        select(
            Claim.city.label("city"),
            Claim.service_kind.label("kind"),
            cast(extract("year", shanghai_day(Claim.confirmed_at)), Integer).label("year"),
            Claim.confirmed_fen.label("confirmed_fen"),
            Payable.paid_fen.label("paid_fen"),
        )
        .outerjoin(Payable, paid_for_claim())
        .where(Claim.state == ClaimState.CONFIRMED)
        .subquery()
    )
    columns = (claims.c.city, claims.c.kind, claims.c.year)
    rows = session().execute(
        select(
            level_of(*columns),
            *columns,
            func.count().label("count"),
            func.coalesce(func.sum(claims.c.confirmed_fen), 0).label("confirmed"),
            func.coalesce(func.sum(claims.c.paid_fen), 0).label("paid"),
        ).group_by(_sets(columns))
    )
    return rows_by(rows.all(), ("city", "kind", "year"))


def _sets(columns: Sequence[Any]) -> Any:
    """Everything, and each column by itself."""
    return func.grouping_sets(tuple_(), *(tuple_(column) for column in columns))


def _count_and(fen: Any) -> tuple[Any, Any]:
    return func.count().label("count"), func.coalesce(func.sum(fen), 0).label("fen")


def _plain(found: Iterable[tuple[Any, Any]]) -> list[Bucket]:
    """Instruments are public one by one, so their sums are too."""
    return [Bucket(value or "", row.count, int(row.fen)) for value, row in found]


def _deals(found: Iterable[tuple[Any, Any]]) -> list[Bucket]:
    """Deals are not: the sum of a few is left out."""
    return [Bucket(_key(value), row.count, int(row.fen) if row.count >= FEW else None) for value, row in found]


def _supports(found: Iterable[tuple[Any, Any]]) -> list[Subsidy]:
    return [_supported(_key(value), row.count, row.confirmed, row.paid) for value, row in found]


def _supported(key: str, count: int, confirmed_fen: Any, paid_fen: Any) -> Subsidy:
    shown = count >= FEW or count == 0
    return Subsidy(key, count, int(confirmed_fen) if shown else None, int(paid_fen) if shown else None)


def _key(value: Any) -> str:
    return OUTSIDE if value is None else str(value)


def _by_city(found: Iterable[Bucket], cities: Sequence[str]) -> list[Bucket]:
    """Each city of the division list, 0 included; whatever else as outside."""
    by_key: dict[str, Bucket] = {}
    for each in found:
        key = each.key if each.key in cities else OUTSIDE
        before = by_key.get(key, Bucket(key, 0, 0))
        by_key[key] = Bucket(key, before.count + each.count, _added(before.fen, each.fen))
    return [by_key.get(city, Bucket(city, 0)) for city in (*cities, OUTSIDE)]


def _subsidy_by_city(found: Iterable[Subsidy], cities: Sequence[str]) -> list[Subsidy]:
    """Each city of the division list; a claim is always of one."""
    by_key = {each.key: each for each in found}
    return [by_key.get(city, Subsidy(city, 0, 0, 0)) for city in cities]


def _added(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _most_first(found: Iterable[Bucket]) -> list[Bucket]:
    return sorted(found, key=lambda each: (-each.count, each.key))


def _largest(found: Sequence[Bucket]) -> list[Bucket]:
    """The categories with most instruments, and all others as one."""
    named = _most_first(each for each in found if each.key)
    shown = named[:CATEGORIES_SHOWN]
    others = [*named[CATEGORIES_SHOWN:], *(each for each in found if not each.key)]
    if not others:
        return shown
    return [*shown, Bucket(REST, sum(each.count for each in others), sum(each.fen or 0 for each in others))]


def _months(found: Iterable[Bucket], today: date) -> list[Bucket]:
    """The last months up to this one, each there."""
    by_key = {each.key: each for each in found}
    last = today.year * 12 + today.month - 1
    keys = [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(last - MONTHS_SHOWN + 1, last + 1)]
    return [by_key.get(key, Bucket(key, 0)) for key in keys]
