"""The points of a provider's year as pages: indicator by indicator, the cases behind each, and its mandatory
instruments (S24-S26)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from flask import url_for
from sqlalchemy import Select, select

from core.http import allow, current_actor
from core.pages import Column, Filter, Pages, Table, link_to, table_page
from core.pages.language import t, term
from instruments.models import Instrument
from marketplace.models import EvaluationLine
from marketplace.pages.evaluation_tables import cases_table, percent
from marketplace.permissions import may_read_evaluations
from marketplace.queries.snapshots import find_line
from marketplace.reports.evaluation.frozen import scope_in
from marketplace.reports.evaluation.reading import Owner
from marketplace.reports.evaluation.scores import (
    PER_INSTRUMENT,
    InstrumentScore,
    cases_behind,
    instrument_scores,
    instruments_behind,
)
from marketplace.rules.grading import Mark, ReadAs, Score

scores = Pages("evaluation_score_pages", __name__, url_prefix="/evaluation-lines")


@scores.get("/<int:line_id>/cases/<measure>")
@allow(may_read_evaluations)
def cases(line_id: int, measure: str) -> Any:
    """What a frozen figure was counted from, as the records say now."""
    line = find_line(line_id, actor=current_actor())
    known, found = cases_behind(line, measure, actor=current_actor())
    return table_page(
        cases_table(found),
        select(found),
        title="page.evaluation_cases.title",
        template="marketplace/evaluation_cases.html",
        owner=Owner(line.organisation_id, line.figures["name"]),
        scope=scope_in(line.snapshot.inputs),
        name=t(known.text_key),
        definition=t(f"{known.text_key}.definition"),
        back=link_to("evaluation_line", line.id),
    )


@scores.get("/<int:line_id>/instruments")
@allow(may_read_evaluations)
def instruments(line_id: int) -> Any:
    """A provider's mandatory instruments, each with what can be told of it alone."""
    actor = current_actor()
    line = find_line(line_id, actor=actor)
    found, scheme = instruments_behind(line, actor=actor)
    table = Table(
        name="evaluation-instruments",
        key=Instrument.id,
        default_sort="name",
        empty="page.evaluation_instruments.empty",
        scalars=False,
        prepare=lambda rows: instrument_scores(rows, line, scheme),
        filters=[Filter("q", _named)],
        columns=[
            Column("name", lambda row: row.name, sort=Instrument.name, link=_instrument),
            Column("external_id", lambda row: row.external_id, sort=Instrument.external_id),
            *(Column(f"evaluated_{each.__name__}", _told(each.__name__)) for each in PER_INSTRUMENT),
            Column("bookings", lambda row: row.bookings, kind="number"),
            Column("used_hours", lambda row: row.time.used, kind="number"),
            Column("used_rate", lambda row: percent(row.time.used_rate), kind="number", beneath=True),
            Column("measured_hours", lambda row: row.time.measured, kind="number"),
            Column("points", lambda row: row.score.points, kind="number"),
            Column("covered", lambda row: row.score.covered, kind="number"),
        ],
    )
    back = link_to("evaluation_line", line.id)
    return table_page(table, found, title="page.evaluation_instruments.title", back=back)


def score_rows(line: EvaluationLine, score: Score, *, reads: bool) -> list[dict[str, Any]]:
    """The marks of a score in words, each with the address of the cases behind it for those who read them."""
    return [
        {
            "group": term(mark.rule.group),
            "name": t(f"measure.providers.{mark.rule.measure}"),
            "scale": t(
                "score.scale",
                reading=term(mark.rule.reading),
                zero=_value(mark.rule.reading, mark.rule.zero),
                full=_value(mark.rule.reading, mark.rule.full),
            ),
            "weight": mark.rule.weight,
            "value": None if mark.value is None else _value(mark.rule.reading, mark.value),
            "points": mark.points,
            "href": _cases_link(line, mark) if reads else None,
        }
        for mark in score.marks
    ]


def score_facts(line: EvaluationLine, score: Score) -> Iterator[tuple[str, object]]:
    """The points, what they rest on, and the grade they propose."""
    yield "column.points", t("score.no_data") if score.points is None else str(score.points)
    yield "column.covered", str(score.covered)
    least = line.snapshot.inputs["scheme"]["coverage_min"]
    yield "column.proposal", t("score.uncovered", least=least) if score.proposal is None else term(score.proposal)


def cases_address(line: EvaluationLine, measure: str) -> str:
    """Where the cases behind a frozen figure are."""
    return url_for("evaluation_score_pages.cases", line_id=line.id, measure=measure)


def _cases_link(line: EvaluationLine, mark: Mark) -> str | None:
    return None if mark.value is None else cases_address(line, mark.rule.measure)


def _value(reading: ReadAs, value: Decimal) -> str:
    return percent(value) if reading is ReadAs.SHARE else f"{value.normalize():f}"


def _told(key: str) -> Callable[[InstrumentScore], str]:
    def words(row: InstrumentScore) -> str:
        hit = row.hits[key]
        return t("score.no_data") if hit is None else t("yes" if hit else "no")

    return words


def _instrument(row: InstrumentScore) -> str | None:
    return link_to("instrument", row.instrument_id)


def _named(query: Select[Any], value: str) -> Select[Any]:
    return query.where(Instrument.name.icontains(value, autoescape=True))
