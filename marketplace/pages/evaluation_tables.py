"""The tables of the evaluation: everybody with every measure, and the cases behind one figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask import request, url_for
from sqlalchemy import Numeric, Select, cast, func, select

from accounts.models import Organisation, User
from core.pages import Column, Filter, Table, link_to
from core.pages.language import t
from core.pages.table_files import EXPORT
from core.pages.tables import typed_day
from core.permissions import Actor
from instruments.policy import city_names
from marketplace.pages.trail_words import kind_word, record_page
from marketplace.reports.evaluation.cases import Scope
from marketplace.reports.evaluation.figures import FIELDS, MEASURES, Evaluated, Figure, Measure, Reading, pivoted
from marketplace.reports.evaluation.figures import figure_of as figure_in
from marketplace.reports.evaluation.reading import cities_seen, city_rows, officers_seen, providers_seen

FIRST, LAST = "since", "until"


@dataclass(frozen=True)
class MeasureColumn(Column):
    """A column of a measure, or of one field of it; its heading is the name of the measure."""

    measure: Measure | None = None
    part: str | None = None

    @property
    def label(self) -> str:
        """The measure, and the field where it is one of several."""
        name = "" if self.measure is None else t(self.measure.text_key)
        return name if self.part is None else f"{name} · {t(f'figure.{self.part}')}"


def everybody(whose: Evaluated, scope: Scope, *, actor: Actor, today: date) -> tuple[Table, Select[Any]]:
    """The table and its rows: who is read about, with the columns of every measure beside."""
    evaluated = pivoted(whose, scope)
    columns: list[Column]
    filters = [Filter(FIRST, _period, kind="day"), Filter(LAST, _period, kind="day")]
    key: Any
    match whose:
        case Evaluated.CITIES:
            cities = city_rows(cities_seen(actor, today))
            key = cities.c.position
            query = select(cities.c.key, cities.c.name, evaluated).outerjoin(
                evaluated, evaluated.c.owner == cities.c.key
            )
            columns = [Column("city", lambda row: row.name, sort=cities.c.position, link=_link(whose, scope))]
        case Evaluated.PROVIDERS:
            key = Organisation.id
            query = (
                providers_seen(actor)
                .with_only_columns(Organisation.id.label("key"), Organisation.name, Organisation.city, evaluated)
                .outerjoin(evaluated, evaluated.c.owner == Organisation.id)
            )
            names = city_names(today)
            columns = [
                Column("organisation", lambda row: row.name, sort=Organisation.name, link=_link(whose, scope)),
                Column("city", lambda row: names.get(row.city or "", t("chart.outside")), sort=Organisation.city),
            ]
            filters += [Filter("city", _in_city, options=lambda: list(names.items())), Filter("q", _named)]
        case Evaluated.OFFICERS:
            key = User.id
            query = (
                officers_seen(actor)
                .join(Organisation, Organisation.id == User.organisation_id)
                .with_only_columns(
                    User.id.label("key"), User.username.label("name"), Organisation.name.label("office"), evaluated
                )
                .outerjoin(evaluated, evaluated.c.owner == User.id)
            )
            columns = [
                Column("username", lambda row: row.name, sort=User.username, link=_link(whose, scope)),
                Column("office", lambda row: row.office, sort=Organisation.name),
            ]
            filters += [Filter("q", _officer_named)]
    table = Table(
        name=f"evaluation-{whose}",
        key=key,
        default_sort=columns[0].key,
        empty="page.evaluation.empty",
        filters=filters,
        scalars=False,
        columns=[*columns, *_measure_columns(whose, evaluated)],
    )
    return table, query


def _measure_columns(whose: Evaluated, evaluated: Any) -> Iterator[Column]:
    """What of each measure says most; a file gets every field of each as a number."""
    for measure in MEASURES[whose]:
        if request.args.get(EXPORT):
            for part in FIELDS:
                yield MeasureColumn(
                    f"{measure.key}_{part}", _part(measure, part), kind="number", measure=measure, part=part
                )
        elif measure.listed:
            yield MeasureColumn(
                measure.key, _shown(measure), kind="number", sort=_sorting(measure, evaluated), measure=measure
            )


def _part(measure: Measure, part: str) -> Callable[[Any], Any]:
    return lambda row: getattr(figure_in(row, measure), part)


def _shown(measure: Measure) -> Callable[[Any], str]:
    return lambda row: figure_words(measure, figure_in(row, measure))


def _sorting(measure: Measure, evaluated: Any) -> Any:
    columns = evaluated.c
    if measure.reading is Reading.DAYS:
        return columns[f"{measure.key}_median_days"]
    if measure.reading is Reading.COUNT:
        return columns[f"{measure.key}_n"]
    return cast(columns[f"{measure.key}_hits"], Numeric) / func.nullif(columns[f"{measure.key}_n"], 0)


def figure_words(measure: Measure, figure: Figure) -> str:
    """A figure in a cell, always with how many cases it rests on; empty where there is none."""
    if not figure.n:
        return ""
    if measure.reading is Reading.DAYS and figure.median_days is not None:
        return t("figure.in_days", median=_plain(figure.median_days), p90=_plain(figure.p90_days), count=figure.timed)
    if measure.reading is Reading.COUNT or figure.share is None:
        return t("figure.in_number", count=figure.n, hits=figure.hits)
    return t("figure.in_share", share=percent(figure.share), hits=figure.hits, count=figure.n)


def percent(share: Decimal | None) -> str:
    """A share as people read it."""
    return "—" if share is None else f"{_plain(round(share * 100, 1))}%"


def _plain(number: Decimal | None) -> str:
    return "—" if number is None else f"{number.normalize():f}"


def _link(whose: Evaluated, scope: Scope) -> Callable[[Any], str | None]:
    def href(row: Any) -> str:
        return url_for("evaluation_pages.one", whose=whose.value, key=row.key, since=scope.since, until=scope.until)

    return href


def cases_table(found: Any) -> Table:
    return Table(
        name="cases",
        key=found.c.key,
        default_sort="-since",
        empty="page.evaluation_cases.empty",
        scalars=False,
        columns=[
            Column("record", lambda row: f"{kind_word(row.kind)} {row.case_id}", link=_record),
            Column("since", lambda row: row.since, kind="moment", sort=found.c.since),
            Column("ended_at", lambda row: row.until, kind="moment", sort=found.c.until),
            Column("hours", lambda row: None if row.hours is None else round(row.hours, 1), "number", found.c.hours),
            Column("working_days", lambda row: row.days, "number", found.c.days),
            Column("is_hit", lambda row: row.hit, kind="flag", sort=found.c.hit),
            Column("note", lambda row: row.note),
        ],
    )


def _record(row: Any) -> str | None:
    if row.kind == Organisation.__tablename__:
        return link_to("organisation", row.case_id)
    return record_page(row.kind, row.case_id)


def _period(query: Select[Any], value: str) -> Select[Any]:
    """The period says what is counted, not which rows are shown; one that cannot be read is a fault of its field."""
    typed_day(value)
    return query


def _in_city(query: Select[Any], value: str) -> Select[Any]:
    return query.where(Organisation.city == value)


def _named(query: Select[Any], value: str) -> Select[Any]:
    return query.where(Organisation.name.icontains(value, autoescape=True))


def _officer_named(query: Select[Any], value: str) -> Select[Any]:
    return query.where(
        User.username.icontains(value, autoescape=True) | Organisation.name.icontains(value, autoescape=True)
    )
