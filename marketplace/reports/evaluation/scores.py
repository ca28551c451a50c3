"""The points of a provider's frozen figures, the cases behind each of them, and its mandatory instruments one by one
(S24-S26). Everything is worked out from what a snapshot keeps: nothing is stored twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, Subquery, func, select

from core.errors import NotFound
from core.permissions import Actor
from core.workdays import load_calendar
from instruments.models import Instrument
from instruments.queries.time_pieces import Days, UtilisationBy
from instruments.queries.utilisation import Utilisation, together, utilisation
from marketplace.models import EvaluationLine
from marketplace.reports.evaluation import sharing
from marketplace.reports.evaluation.cases import DEFINITIONS, Scope
from marketplace.reports.evaluation.figures import Evaluated, Measure, cases_of, measure_of
from marketplace.reports.evaluation.frozen import figure_in, scope_in, whose_line
from marketplace.reports.evaluation.reading import EvaluatedMissing, find_owner
from marketplace.rules.grading import Indicator, Reading, Scheme, Score, scheme_in, score

PER_INSTRUMENT = (sharing.listed_in_time, sharing.updated_in_time, sharing.sensors, sharing.priced, sharing.used)
"""Measures that have at most one case an instrument."""


class EvaluationCasesMissing(NotFound):
    """There are no such cases for this actor: not its own figures, another measure, or other definitions by now."""

    code = "evaluation_cases_missing"


def scheme_of_line(line: EvaluationLine) -> Scheme | None:
    """The scheme a line is scored by; None for a city, and for a year frozen before there was one."""
    kept = line.snapshot.inputs.get("scheme")
    return None if kept is None or line.organisation_id is None else scheme_in(kept)


def score_of(line: EvaluationLine) -> Score | None:
    """The points of a provider's frozen figures with the grade they propose; None where nothing is scored."""
    scheme = scheme_of_line(line)
    return None if scheme is None else score(scheme, _readings(line))


def is_gradable(line: EvaluationLine) -> bool:
    """Whether a line's figures have enough data for a grade."""
    score = score_of(line)
    return score is not None and score.proposal is not None


def cases_behind(line: EvaluationLine, key: str, *, actor: Actor) -> tuple[Measure, Subquery]:
    """The cases behind a figure, over the period and by the terms of the snapshot, for those who read about its owner.

    Raises :class:`EvaluationCasesMissing`, and ``EvaluatedMissing`` where the actor reads nothing about it.
    """
    whose, owner = whose_line(line), line.city or str(line.organisation_id)
    measure = measure_of(whose, key)
    if measure is None or line.snapshot.definitions != DEFINITIONS:
        raise EvaluationCasesMissing
    scope = scope_in(line.snapshot.inputs)
    found = find_owner(whose, owner, actor=actor, today=scope.today)
    return measure, cases_of(measure, scope, found.key)


def reads_about(line: EvaluationLine, *, actor: Actor) -> bool:
    """Whether an actor may read the cases behind a line: its own, those of its city, all; and as they are defined
    today."""
    whose, owner = whose_line(line), line.city or str(line.organisation_id)
    try:
        find_owner(whose, owner, actor=actor, today=scope_in(line.snapshot.inputs).today)
    except EvaluatedMissing:
        return False
    return line.snapshot.definitions == DEFINITIONS


@dataclass(frozen=True, slots=True)
class InstrumentScore:
    """What one mandatory instrument has of each indicator that can be told of it alone."""

    instrument_id: int
    name: str
    external_id: str
    hits: Mapping[str, bool | None]
    bookings: int
    time: Utilisation
    score: Score


def instruments_behind(line: EvaluationLine, *, actor: Actor) -> tuple[Select[Any], Scheme]:
    """A provider's mandatory instruments: ``id``, ``name``, ``external_id``, ``bookings``, and a column for each
    measure of :data:`PER_INSTRUMENT`, true for a hit, null where it has no case.

    Raises :class:`EvaluationCasesMissing`, and ``EvaluatedMissing``.
    """
    scheme = scheme_of_line(line)
    if scheme is None or line.snapshot.definitions != DEFINITIONS:
        raise EvaluationCasesMissing
    scope = scope_in(line.snapshot.inputs)
    owner = find_owner(Evaluated.PROVIDERS, str(line.organisation_id), actor=actor, today=scope.today)
    return _instruments(scope, owner.key), scheme


def instrument_scores(rows: Sequence[Any], line: EvaluationLine, scheme: Scheme) -> list[InstrumentScore]:
    """Rows of :func:`instruments_behind` with their time in the period and what each earns."""
    scope = scope_in(line.snapshot.inputs)
    days = Days(scope.since, scope.until)
    calendar = load_calendar(since=days.first - timedelta(days=1))
    known = Instrument.id.in_([row.id for row in rows])
    time = {each.key: each for each in utilisation(known, days, calendar=calendar, by=UtilisationBy.INSTRUMENT)}
    return [_scored(row, time.get(row.id) or together(()), scheme) for row in rows]


def _scored(row: Any, time: Utilisation, scheme: Scheme) -> InstrumentScore:
    """What is not told of one instrument has no data."""
    hits = {each.__name__: getattr(row, each.__name__) for each in PER_INSTRUMENT}
    readings = {Indicator(key): Reading(1, int(hit)) for key, hit in hits.items() if hit is not None}
    return InstrumentScore(row.id, row.name, row.external_id, hits, row.bookings or 0, time, score(scheme, readings))


def _instruments(scope: Scope, provider_id: int) -> Select[Any]:
    parts = {each.__name__: each(scope).subquery() for each in PER_INSTRUMENT}
    booked = sharing.bookings(scope).subquery()
    counted = select(booked.c.case_id, func.count().label("n")).group_by(booked.c.case_id).subquery()
    found = select(
        Instrument.id,
        Instrument.name,
        Instrument.external_id,
        counted.c.n.label("bookings"),
        *(part.c.hit.label(key) for key, part in parts.items()),
    ).outerjoin(counted, counted.c.case_id == Instrument.id)
    for part in parts.values():
        found = found.outerjoin(part, part.c.key == Instrument.id)
    listed, is_public = parts["listed_in_time"], parts["sensors"]
    return found.where(Instrument.provider_id == provider_id, listed.c.key.is_not(None) | is_public.c.key.is_not(None))


def _readings(line: EvaluationLine) -> dict[Indicator, Reading]:
    """What the frozen figures say of each indicator that the definitions of the year measure."""
    stored = line.figures["measures"]
    found = {}
    for each in Indicator:
        measure = measure_of(Evaluated.PROVIDERS, each)
        if measure is not None and measure.introduced <= line.snapshot.definitions:
            figure = figure_in(stored.get(each))
            found[each] = Reading(figure.n, figure.hits, figure.median_days if measure.timed else None)
    return found
