"""A year's evaluation as it is frozen: the figures of everybody with what they rest on, their digest, and what the data
say now (V20)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from accounts.models import Organisation
from core import policy
from core.db import session
from instruments.policy import city_names
from marketplace.models import EvaluationLine, EvaluationSnapshot
from marketplace.reports.annual.editions import digest_of
from marketplace.reports.evaluation.cases import DEFINITIONS, Scope
from marketplace.reports.evaluation.figures import (
    MEASURES,
    NOTHING,
    Evaluated,
    Figure,
    Measure,
    Middle,
    figures,
    middles,
)
from marketplace.reports.evaluation.reading import policy_on, registered_providers, scope_of
from marketplace.rules.grading import scheme_of

FROZEN = (Evaluated.PROVIDERS, Evaluated.CITIES)
"""Who is evaluated by the year; officers are not."""
_DAYS = ("since", "until", "today")


def frozen_scope(year: int, *, today: date) -> Scope:
    """A whole year, counted today."""
    return scope_of(date(year, 1, 1), date(year, 12, 31), today=today)


def inputs_of(scope: Scope) -> dict[str, Any]:
    """What the figures rest on beside the records: period, day of counting, terms, the scheme they are scored by, and
    the middle of everybody."""
    terms = {each.name: getattr(scope, each.name) for each in fields(Scope)}
    return {
        **{name: value.isoformat() if name in _DAYS else value for name, value in terms.items()},
        "small_sample": policy_on(scope.until).small_sample,
        "scheme": scheme_of(policy.current(), scope.until),
        "middles": {
            whose.value: {
                key: {"owners": each.owners, "share": _text(each.share), "days": _text(each.days)}
                for key, each in middles(whose, scope).items()
            }
            for whose in FROZEN
        },
    }


def scope_in(inputs: Mapping[str, Any]) -> Scope:
    """The scope that a snapshot was counted by."""
    given: dict[str, Any] = {each.name: inputs[each.name] for each in fields(Scope)}
    return Scope(**given | {name: date.fromisoformat(given[name]) for name in _DAYS})


def lines_of(scope: Scope) -> list[EvaluationLine]:
    """The figures of every registered provider and every city, with their names of today."""
    providers = session().scalars(registered_providers().order_by(Organisation.id)).all()
    found = figures(Evaluated.PROVIDERS, scope, [each.id for each in providers])
    lines = [
        EvaluationLine(organisation_id=each.id, figures=_content(each.name, each.city, found.get(each.id, {})))
        for each in providers
    ]
    names = city_names(scope.today)
    counted = figures(Evaluated.CITIES, scope, list(names))
    return [
        *lines,
        *(
            EvaluationLine(city=code, figures=_content(name, code, counted.get(code, {})))
            for code, name in names.items()
        ),
    ]


def digest_of_snapshot(snapshot: EvaluationSnapshot, lines: Iterable[EvaluationLine]) -> str:
    """The SHA-256 of year, definitions, inputs, last day of comments and every line in a fixed order."""
    by_owner = {owner_of(each): each.figures for each in lines}
    content = {
        "year": snapshot.year,
        "definitions": snapshot.definitions,
        "inputs": snapshot.inputs,
        "comment_by": snapshot.comment_by.isoformat(),
        "lines": dict(sorted(by_owner.items())),
    }
    return digest_of(content)


def owner_of(line: EvaluationLine) -> str:
    """Whom a line is about, as ``organisation:7`` or ``city:371700``."""
    return f"city:{line.city}" if line.city is not None else f"organisation:{line.organisation_id}"


def altered_snapshots() -> list[dict[str, object]]:
    """Every snapshot that is no longer what was frozen, for ``flask verify``."""
    found = session().scalars(
        select(EvaluationSnapshot).options(selectinload(EvaluationSnapshot.lines)).order_by(EvaluationSnapshot.id)
    )
    return [
        {"evaluation_snapshot": each.id, "year": each.year, "fault": "altered"}
        for each in found
        if digest_of_snapshot(each, each.lines) != each.digest
    ]


def whose_line(line: EvaluationLine) -> Evaluated:
    """Whether a line is that of a provider or of a city."""
    return Evaluated.PROVIDERS if line.city is None else Evaluated.CITIES


def figures_in(line: EvaluationLine) -> list[tuple[Measure, Figure]]:
    """The frozen figures of a line in the order of the measures of its definitions; one that had no case is empty."""
    stored, definitions = line.figures["measures"], line.snapshot.definitions
    return [
        (each, figure_in(stored.get(each.key))) for each in MEASURES[whose_line(line)] if each.introduced <= definitions
    ]


def figure_in(stored: Mapping[str, Any] | None) -> Figure:
    """A figure as it was stored."""
    if stored is None:
        return NOTHING
    given: dict[str, Any] = {
        name: _number(value) if isinstance(value, str) else value for name, value in stored.items()
    }
    return Figure(**given)


def middle_in(inputs: Mapping[str, Any], measure: Measure) -> Middle | None:
    """The middle of everybody as it was frozen."""
    stored = inputs["middles"][measure.whose.value].get(measure.key)
    return None if stored is None else Middle(stored["owners"], _number(stored["share"]), _number(stored["days"]))


@dataclass(frozen=True, slots=True)
class Change:
    """A figure that comes out otherwise now than when it was frozen."""

    measure: Measure
    frozen: Figure
    now: Figure


def changes_since(line: EvaluationLine) -> list[Change] | None:
    """What the data say otherwise now, counted over the same period, by the same terms and as of the same day.

    None where the definitions are no longer those of the snapshot: then there is nothing to compare.
    """
    if line.snapshot.definitions != DEFINITIONS:
        return None
    whose, owner = whose_line(line), line.city or line.organisation_id
    now = figures(whose, scope_in(line.snapshot.inputs), [owner]).get(owner, {})
    return [
        Change(measure, frozen, now.get(measure.key, NOTHING))
        for measure, frozen in figures_in(line)
        if frozen != now.get(measure.key, NOTHING)
    ]


def _content(name: str, place: str | None, found: Mapping[str, Figure]) -> dict[str, Any]:
    return {"name": name, "place": place, "measures": {key: _stored(each) for key, each in sorted(found.items())}}


def _stored(figure: Figure) -> dict[str, Any]:
    values = {each.name: getattr(figure, each.name) for each in fields(Figure)}
    return {name: _text(value) if isinstance(value, Decimal) else value for name, value in values.items()}


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _number(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)
