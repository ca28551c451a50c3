"""Counting a city's year and the one before it: three statements, whatever the number of figures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from accounts.policy import city_of_county
from core import clock, policy
from core.db import session
from marketplace.reports.annual.measures import BREAKDOWNS, CHECKS, SECTIONS, Check, Unit
from vouchers.queries.cases import review_policy
from vouchers.rules.policy import judging

_BREAKDOWN_KEYS = tuple(each.key for each in BREAKDOWNS)
_PERIODS = """
    WITH y (year, since, until) AS (VALUES
        (CAST(:year AS int), CAST(:since AS timestamptz), CAST(:until AS timestamptz)),
        (CAST(:year AS int) - 1, CAST(:before AS timestamptz), CAST(:since AS timestamptz)))
"""


@dataclass(frozen=True, slots=True)
class FigureOf:
    """One figure of a year, with that of the year before; sums are in fen, None is "there was nothing to measure"."""

    key: str
    unit: Unit
    value: int | None
    before: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, with the same of the year before."""

    label: str | None
    count: int
    fen: int | None
    count_before: int
    fen_before: int | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """The two sums of a check, in fen."""

    key: str
    left: int
    right: int

    @property
    def holds(self) -> bool:
        """Whether claims and books agree."""
        return self.left == self.right


@dataclass(frozen=True, slots=True)
class ReportFigures:
    """All that a report counts, as of a moment; ``method`` is the digest of the queries that it was counted with."""

    city: str
    year: int
    as_of: datetime
    method: str
    sections: Mapping[str, tuple[FigureOf, ...]]
    breakdowns: Mapping[str, tuple[Row, ...]]
    checks: tuple[Agreement, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """As it is frozen; keys and values that JSON holds."""
        return {
            "city": self.city,
            "year": self.year,
            "as_of": self.as_of.isoformat(),
            "method": self.method,
            "sections": {key: [asdict(each) for each in figures] for key, figures in self.sections.items()},
            "breakdowns": {key: [asdict(each) for each in rows] for key, rows in self.breakdowns.items()},
            "checks": [asdict(each) for each in self.checks],
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> ReportFigures:
        """What :meth:`as_json` froze; a breakdown that was not counted yet then has no rows."""
        return cls(
            city=kept["city"],
            year=kept["year"],
            as_of=datetime.fromisoformat(kept["as_of"]),
            method=kept["method"],
            sections={
                key: tuple(FigureOf(**{**each, "unit": Unit(each["unit"])}) for each in kept["sections"][key])
                for key in _in_order(kept["sections"], SECTIONS)
            },
            breakdowns={
                key: tuple(Row(**each) for each in kept["breakdowns"].get(key, ()))
                for key in _in_order({*kept["breakdowns"], *_BREAKDOWN_KEYS}, _BREAKDOWN_KEYS)
            },
            checks=tuple(Agreement(**each) for each in kept["checks"]),
        )


def _in_order(kept: Iterable[str], order: Iterable[str]) -> list[str]:
    """What was kept, in the order of the report, which the database loses; what is counted no more comes last."""
    places = {key: place for place, key in enumerate(order)}
    return sorted(kept, key=lambda key: (places.get(key, len(places)), key))


def method() -> str:
    """The digest of every query, so that a frozen report says how it was counted."""
    queries = [each.sql for measures in SECTIONS.values() for each in measures]
    queries += [each.sql for each in BREAKDOWNS]
    queries += [side for each in CHECKS for side in (each.left, each.right)]
    return hashlib.sha256(json.dumps(queries).encode()).hexdigest()


def counted(city: str, year: int, *, now: datetime) -> ReportFigures:
    """A city's figures of a year up to now; whether the actor may know them is the caller's to say."""
    given = _parameters(city, year, now=now)
    return ReportFigures(
        city=city,
        year=year,
        as_of=now,
        method=method(),
        sections=_sections(given),
        breakdowns=_breakdowns(given),
        checks=_checks(given),
    )


def _parameters(city: str, year: int, *, now: datetime) -> dict[str, Any]:
    """The bounds are instants; cap and term of reviews are those of the last day of the year, or of today."""
    last = min(clock.today(now), date(year, 12, 31))
    return {
        "city": city,
        "year": year,
        "before": clock.start_of_day(date(year - 1, 1, 1)),
        "since": clock.start_of_day(date(year, 1, 1)),
        "until": clock.start_of_day(date(year + 1, 1, 1)),
        "as_of": now,
        "city_of_county": json.dumps(city_of_county()),
        "cap_fen": judging(policy.current(), last).policy.annual_cap_fen,
        "review_working_days": review_policy(last).city_review_working_days,
    }


def _sections(given: Mapping[str, Any]) -> dict[str, tuple[FigureOf, ...]]:
    parts = [
        f"SELECT '{each.key}' AS key, y.year, ({each.sql})::numeric AS value FROM y"
        for measures in SECTIONS.values()
        for each in measures
    ]
    found = {(key, year): _whole(value) for key, year, value in _all(parts, given)}
    year = given["year"]
    return {
        section: tuple(
            FigureOf(each.key, each.unit, found[each.key, year], found[each.key, year - 1]) for each in measures
        )
        for section, measures in SECTIONS.items()
    }


def _breakdowns(given: Mapping[str, Any]) -> dict[str, tuple[Row, ...]]:
    parts = [
        f"SELECT '{each.key}' AS key, y.year, r.label, r.count, r.fen::numeric AS fen "
        f"FROM y CROSS JOIN LATERAL ({each.sql}) r"
        for each in BREAKDOWNS
    ]
    found: dict[tuple[str, int], dict[str | None, tuple[int, int | None]]] = {}
    for key, year, label, count, fen in _all(parts, given):
        found.setdefault((key, year), {})[label] = (count, _whole(fen))
    year = given["year"]
    return {
        each.key: tuple(_rows(found.get((each.key, year), {}), found.get((each.key, year - 1), {})))
        for each in BREAKDOWNS
    }


def _rows(now: Mapping[str | None, tuple[int, Any]], before: Mapping[str | None, tuple[int, Any]]) -> Iterable[Row]:
    """Every label of this year, the most first."""
    for label, (count, fen) in sorted(now.items(), key=lambda each: (-(each[1][1] or 0), -each[1][0], each[0] or "")):
        count_before, fen_before = before.get(label, (0, None if fen is None else 0))
        yield Row(label, count, fen, count_before, fen_before)


def _checks(given: Mapping[str, Any]) -> tuple[Agreement, ...]:
    parts = [
        f"SELECT '{each.key}' AS key, ({each.left})::numeric AS a, ({each.right})::numeric AS b FROM y "
        "WHERE y.year = CAST(:year AS int)"
        for each in CHECKS
    ]
    found = {key: (int(left), int(right)) for key, left, right in _all(parts, given)}
    return tuple(_agreement(each, *found[each.key]) for each in CHECKS)


def _agreement(check: Check, left: int, right: int) -> Agreement:
    return Agreement(check.key, left, right)


def _all(parts: Iterable[str], given: Mapping[str, Any]) -> Iterable[Any]:
    return session().execute(text(_PERIODS + " UNION ALL ".join(f"({part})" for part in parts)), given)


def _whole(value: Decimal | None) -> int | None:
    """Every figure is a whole number: counts, fen, working days."""
    return None if value is None else int(value)
