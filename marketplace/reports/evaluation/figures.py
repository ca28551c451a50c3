"""From cases to figures: each measure's cases counted for everybody at once, one row for each owner."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Integer, Numeric, Subquery, cast, func, literal, select, union_all

from core.db import session
from marketplace.reports.evaluation import cities, officers, providers, sharing
from marketplace.reports.evaluation.cases import Scope


class Evaluated(StrEnum):
    """Who is evaluated."""

    PROVIDERS = "providers"
    CITIES = "cities"
    OFFICERS = "officers"


class Reading(StrEnum):
    """What of a measure says most: the share of hits, how many there are, or how long it took."""

    SHARE = "share"
    COUNT = "count"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: its cases, what of it is read first, and whether hits and times say anything.

    ``listed``: whether it stands in the table of everybody; the others are in the file, and on one's own page.
    ``introduced``: the version of the definitions that counts it first.

    ``measure.<whose>.<key>`` of the texts is its name, ``….definition`` what exactly is counted.
    """

    whose: Evaluated
    key: str
    cases: Callable[[Scope], Any]
    reading: Reading
    timed: bool = False
    has_hits: bool = True
    listed: bool = True
    introduced: int = 1

    @property
    def text_key(self) -> str:
        """Where its words stand in the catalogue."""
        return f"measure.{self.whose}.{self.key}"


def _measures(whose: Evaluated, *given: tuple[Callable[[Scope], Any], Reading, bool]) -> tuple[Measure, ...]:
    return tuple(
        Measure(
            whose,
            cases.__name__,
            cases,
            reading,
            timed,
            listed=cases not in _ASIDE,
            introduced=_introduced(cases),
        )
        for cases, reading, timed in given
    )


def _introduced(cases: Callable[[Scope], Any]) -> int:
    if cases is sharing.hours_logged:
        return 3
    return 2 if cases.__module__ == sharing.__name__ else 1


_ASIDE = (
    providers.cancelled,
    providers.claims_returned,
    providers.claims_refused,
    providers.unlisted,
    cities.refusals,
    cities.waiting_registrations,
    sharing.updated_in_time,
    sharing.sensors,
    sharing.priced,
    sharing.used,
    sharing.bookings,
    sharing.hours_logged,
    sharing.contracts,
    sharing.complaints,
    sharing.named,
    sharing.adverse,
)


MEASURES: Mapping[Evaluated, Sequence[Measure]] = {
    Evaluated.PROVIDERS: _measures(
        Evaluated.PROVIDERS,
        (providers.acceptance, Reading.DAYS, True),
        (providers.lapsed, Reading.SHARE, False),
        (providers.declined, Reading.SHARE, False),
        (providers.turnaround, Reading.SHARE, True),
        (providers.delay, Reading.DAYS, True),
        (providers.cancelled, Reading.SHARE, False),
        (providers.claims_returned, Reading.SHARE, False),
        (providers.claims_refused, Reading.SHARE, False),
        (providers.unpublished, Reading.COUNT, True),
        (providers.unlisted, Reading.COUNT, True),
        (sharing.listed_in_time, Reading.SHARE, True),
        (sharing.updated_in_time, Reading.SHARE, True),
        (sharing.sensors, Reading.SHARE, False),
        (sharing.priced, Reading.SHARE, False),
        (sharing.used, Reading.SHARE, False),
        (sharing.bookings, Reading.COUNT, True),
        (sharing.hours_logged, Reading.SHARE, True),
        (sharing.services, Reading.COUNT, True),
        (sharing.contracts, Reading.SHARE, False),
        (sharing.complaints, Reading.COUNT, False),
        (sharing.named, Reading.COUNT, False),
        (sharing.adverse, Reading.COUNT, False),
    ),
    Evaluated.CITIES: (
        *_measures(
            Evaluated.CITIES,
            (cities.registration_review, Reading.DAYS, True),
            (cities.claim_review, Reading.DAYS, True),
            (cities.returns, Reading.SHARE, False),
            (cities.refusals, Reading.SHARE, False),
            (cities.overturned, Reading.SHARE, False),
            (cities.waiting_registrations, Reading.COUNT, True),
            (cities.waiting_claims, Reading.COUNT, True),
            (cities.missed, Reading.SHARE, False),
        ),
        Measure(Evaluated.CITIES, "dispatch", cities.dispatch, Reading.DAYS, timed=True, has_hits=False, listed=False),
    ),
    Evaluated.OFFICERS: _measures(
        Evaluated.OFFICERS,
        (officers.decisions, Reading.COUNT, False),
        (officers.claim_reviews, Reading.DAYS, True),
        (officers.registrations, Reading.DAYS, True),
        (officers.overturned, Reading.SHARE, False),
        (officers.in_batches, Reading.SHARE, False),
        (officers.conflicts, Reading.COUNT, False),
    ),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure of one owner: of ``n`` cases so many hits; medians and 90th percentiles over the timed ones."""

    n: int = 0
    hits: int = 0
    timed: int = 0
    median_hours: Decimal | None = None
    p90_hours: Decimal | None = None
    median_days: Decimal | None = None
    p90_days: Decimal | None = None

    @property
    def share(self) -> Decimal | None:
        """The share of hits, 0 to 1 with four places; None where there is no case."""
        return round(Decimal(self.hits) / self.n, 4) if self.n else None


NOTHING = Figure()
FIELDS = tuple(Figure.__dataclass_fields__)
_HALF, _NINE_TENTHS = Decimal("0.5"), Decimal("0.9")


def counted(whose: Evaluated, scope: Scope, *, owners: Collection[Any] | None = None) -> Subquery:
    """Every measure of everybody, or of some: columns ``owner``, ``measure`` and the fields of a figure.

    Each measure has branch of its own in one query; ``owners`` narrows each of them.
    """
    parts = []
    for measure in MEASURES[whose]:
        cases = measure.cases(scope).subquery()
        found = select(cases.c.owner, literal(measure.key).label("measure"), *_aggregates(cases.c))
        if owners is not None:
            found = found.where(cases.c.owner.in_(owners))
        parts.append(found.group_by(cases.c.owner))
    return union_all(*parts).subquery("counted")


def figures(whose: Evaluated, scope: Scope, owners: Collection[Any]) -> dict[Any, dict[str, Figure]]:
    """The figures of some owners by owner and measure; a measure without a case is not there."""
    table = counted(whose, scope, owners=owners)
    found: dict[Any, dict[str, Figure]] = {}
    for owner, measure, *rest in session().execute(select(table)):
        found.setdefault(owner, {})[measure] = Figure(*rest)
    return found


@dataclass(frozen=True, slots=True)
class Middle:
    """The middle of all owners that have the measure: how many they are, their median share and median days."""

    owners: int
    share: Decimal | None
    days: Decimal | None


def middles(whose: Evaluated, scope: Scope) -> dict[str, Middle]:
    """What stands in the middle of everybody, by measure: what one's own figures are put beside."""
    table = counted(whose, scope)
    share = cast(table.c.hits, Numeric) / table.c.n
    rows = session().execute(
        select(table.c.measure, func.count(), _percentile(_HALF, share), _percentile(_HALF, table.c.median_days))
        .group_by(table.c.measure)
        .order_by(table.c.measure)
    )
    return {measure: Middle(owners, _four(shares), _one(days)) for measure, owners, shares, days in rows}


def pivoted(whose: Evaluated, scope: Scope) -> Subquery:
    """One row an owner, a column for each field of each measure, ``<measure>_<field>``; for tables that sort."""
    table = counted(whose, scope)
    columns = [
        func.max(table.c[name]).filter(table.c.measure == measure.key).label(f"{measure.key}_{name}")
        for measure in MEASURES[whose]
        for name in FIELDS
    ]
    return select(table.c.owner, *columns).group_by(table.c.owner).subquery("evaluated")


def figure_of(row: Any, measure: Measure) -> Figure:
    """A measure out of a row of :func:`pivoted`; nothing where the owner has no case of it."""
    if getattr(row, f"{measure.key}_n") is None:
        return NOTHING
    return Figure(*(getattr(row, f"{measure.key}_{name}") for name in FIELDS))


def cases_of(measure: Measure, scope: Scope, owner: Any) -> Subquery:
    """The cases behind one figure."""
    cases = measure.cases(scope).subquery()
    return select(cases).where(cases.c.owner == owner).subquery("cases")


def measure_of(whose: Evaluated, key: str) -> Measure | None:
    """A measure by its name."""
    return next((each for each in MEASURES[whose] if each.key == key), None)


def _aggregates(cases: Any) -> Sequence[ColumnElement[Any]]:
    return (
        cast(func.count(), Integer).label("n"),
        cast(func.count().filter(cases.hit), Integer).label("hits"),
        cast(func.count(cases.days), Integer).label("timed"),
        _one_place(_percentile(_HALF, cases.hours)).label("median_hours"),
        _one_place(_percentile(_NINE_TENTHS, cases.hours)).label("p90_hours"),
        _one_place(_percentile(_HALF, cases.days)).label("median_days"),
        _one_place(_percentile(_NINE_TENTHS, cases.days)).label("p90_days"),
    )


def _percentile(part: Decimal, of: Any) -> ColumnElement[Any]:
    return func.percentile_cont(part).within_group(of)


def _one_place(value: Any) -> ColumnElement[Any]:
    return func.round(cast(value, Numeric), 1)


def _four(value: Any) -> Decimal | None:
    return None if value is None else round(Decimal(value), 4)


def _one(value: Any) -> Decimal | None:
    return None if value is None else round(Decimal(value), 1)
