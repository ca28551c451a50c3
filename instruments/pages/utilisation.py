"""Utilisation: hours booked, used and measured beside those instruments could be used, as a chart of days and a table
of instruments, providers or cities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask import request, url_for
from sqlalchemy import ColumnElement, Select

from accounts.models import Organisation
from accounts.permissions import provider
from core import clock
from core.http import allow, current_actor
from core.pages import Column, Filter, Line, LineChart, NavEntry, Pages, Table, table_page
from core.pages.columns import SortKey
from core.pages.language import day, t, term
from core.pages.table_files import EXPORT, export_links, list_file
from core.pages.tables import typed_day
from instruments.models import Instrument
from instruments.permissions import may_read_use
from instruments.policy import city_names
from instruments.queries.time_pieces import Days, UtilisationBy
from instruments.queries.utilisation import Utilisation, days_faults, groups, together
from instruments.queries.utilised import day_by_day, utilisation_scope, with_figures

utilised = Pages(
    "utilisation_pages",
    __name__,
    url_prefix="/utilisation",
    navigation=(NavEntry("utilisation", "utilisation_pages.index", "catalogue", may_read_use, order=45),),
)

FIRST, LAST, BY, MEASURE = "used_from", "used_to", "utilisation_by", "utilisation_measure"
LAST_DAYS = 30
"""What is shown before anything is chosen: so many days up to yesterday."""
DAYS = "days"
"""The list of days, beside the one of groups."""
MEASURES: dict[str, Callable[[Utilisation], Decimal]] = {
    "used": lambda each: each.used,
    "booked": lambda each: each.booked,
    "measured": lambda each: each.measured,
    "usable": lambda each: each.usable,
}

FIGURES = [
    Column("usable_hours", lambda row: _of(row).usable, kind="number"),
    Column("booked_hours", lambda row: _of(row).booked, kind="number"),
    Column("booked_rate", lambda row: percent(_of(row).booked_rate), kind="number", beneath=True),
    Column("used_hours", lambda row: _of(row).used, kind="number"),
    Column("used_rate", lambda row: percent(_of(row).used_rate), kind="number", beneath=True),
    Column("measured_hours", lambda row: _of(row).measured, kind="number"),
    Column("measured_rate", lambda row: percent(_of(row).measured_rate), kind="number", beneath=True),
    Column("watched_hours", lambda row: _of(row).watched, kind="number"),
]
DAY_COLUMNS = [Column("day", lambda row: row.day, kind="day"), *FIGURES]


@utilised.get("")
@allow(may_read_use)
def index() -> Any:
    """The scope of the reader, day by day, and by group as a table; both as files."""
    actor = current_actor()
    days = _days()
    by = _chosen(BY, [each.value for each in _offered()])
    scope = utilisation_scope(actor, city=_city(), provider=_provider())
    table, query = _table(scope, days, UtilisationBy(by))
    if request.args.get(EXPORT) and request.args.get("list") is None:
        return table_page(table, query, title="page.utilisation.title")
    every = day_by_day(scope, days)
    file = list_file("utilisation-days", DAY_COLUMNS, every, of=DAYS)
    if file is not None:
        return file
    return table_page(
        table,
        query,
        title="page.utilisation.title",
        template="instruments/utilisation.html",
        facts=_facts(days, together(every)),
        chart=_chart(every, _chosen(MEASURE, list(MEASURES))),
        day_links=export_links(DAYS),
    )


def _facts(days: Days, total: Utilisation) -> list[tuple[str, str]]:
    """All of it together."""
    return [
        ("column.period", f"{day(days.first)} – {day(days.last)}"),
        ("column.usable_hours", f"{total.usable:,}"),
        ("column.booked_hours", f"{total.booked:,} ({percent(total.booked_rate)})"),
        ("column.used_hours", f"{total.used:,} ({percent(total.used_rate)})"),
        ("column.measured_hours", f"{total.measured:,} ({percent(total.measured_rate)})"),
    ]


def percent(rate: Decimal | None) -> str:
    """A rate as people read it."""
    return "—" if rate is None else f"{rate * 100:.1f}%"


def _of(row: Any) -> Utilisation:
    figures: Utilisation = row if isinstance(row, Utilisation) else row.figures
    return figures


def _chart(every: Sequence[Utilisation], measure: str) -> LineChart:
    """Hours of each day, drawn to the hundredth."""
    hours = [(each.day, MEASURES[measure](each)) for each in every]
    points = [Line(f"{at:%m-%d}", int(found * 100), f"{found:,}") for at, found in hours if at is not None]
    return LineChart(
        t("chart.utilisation", measure=t(f"column.{measure}_hours")), t("column.day"), t("column.hours"), points
    )


def _table(scope: ColumnElement[bool], days: Days, by: UtilisationBy) -> tuple[Table, Select[Any]]:
    query, key = groups(scope, by)

    def prepare(found: Sequence[Any]) -> Sequence[Any]:
        return with_figures(found, scope, days, by=by)

    table = Table(
        name="utilisation",
        key=key,
        empty="page.utilisation.empty",
        prepare=prepare,
        filters=_filters(),
        default_sort="utilised" if by in _BY_NAME else "",
        columns=[*_heads(by), *FIGURES],
    )
    return table, query


_BY_NAME: dict[UtilisationBy, SortKey] = {
    UtilisationBy.INSTRUMENT: Instrument.name,
    UtilisationBy.PROVIDER: Organisation.name,
}


def _heads(by: UtilisationBy) -> list[Column]:
    """What a row is about."""
    outside = t("chart.outside")
    named = Column("utilised", lambda row: row.name or outside, sort=_BY_NAME.get(by), link=_link(by))
    return [named, Column("belongs_to", lambda row: row.of or outside, beneath=True)] if by in _BY_NAME else [named]


def _link(by: UtilisationBy) -> Callable[[Any], str | None]:
    """From a city to its providers, from a provider to its instruments, from an instrument to its log."""

    def href(row: Any) -> str | None:
        if by is UtilisationBy.INSTRUMENT:
            return url_for("usage_pages.index", instrument_id=row.key)
        kept = {name: request.args[name] for name in (FIRST, LAST) if request.args.get(name)}
        if by is UtilisationBy.PROVIDER:
            return url_for("utilisation_pages.index", **{BY: "instrument", "provider": row.key, **kept})
        return url_for("utilisation_pages.index", **{BY: "provider", "city": row.key, **kept}) if row.key else None

    return href


def _filters() -> list[Filter]:
    offered = [(each.value, term(each)) for each in _offered()]
    measures = [(each, t(f"column.{each}_hours")) for each in MEASURES]
    found = [
        Filter(FIRST, _period, kind="day"),
        Filter(LAST, _period, kind="day"),
        Filter(BY, _one_of([each for each, _ in offered]), options=lambda: offered),
        Filter(MEASURE, _one_of(list(MEASURES)), options=lambda: measures),
    ]
    if not provider(current_actor()) and current_actor().city is None:
        names = city_names(clock.today(clock.now()))
        found.append(Filter("city", _one_of(list(names)), options=lambda: list(names.items())))
    return found


def _offered() -> list[UtilisationBy]:
    """What a reader tells apart: a provider only its instruments, a city's offices no cities."""
    if provider(current_actor()):
        return [UtilisationBy.INSTRUMENT]
    if current_actor().city is not None:
        return [UtilisationBy.PROVIDER, UtilisationBy.INSTRUMENT]
    return [UtilisationBy.CITY, UtilisationBy.PROVIDER, UtilisationBy.INSTRUMENT]


def _one_of(known: Sequence[str]) -> Callable[[Select[Any], str], Select[Any]]:
    def apply(query: Select[Any], typed: str) -> Select[Any]:
        if typed not in known:
            raise ValueError(typed)
        return query

    return apply


def _period(query: Select[Any], typed: str) -> Select[Any]:
    """The days are not in the list: it tells what is typed wrongly."""
    typed_day(typed)
    if _typed_days() is None:
        raise ValueError(typed)
    return query


def _days() -> Days:
    """The days that were chosen, or the last ones."""
    yesterday = clock.today(clock.now()) - timedelta(days=1)
    return _typed_days() or Days(yesterday - timedelta(days=LAST_DAYS - 1), yesterday)


def _typed_days() -> Days | None:
    """What was typed; one end alone stands with the usual number of days. None where it is no range to look at."""
    first, last = (_read(request.args.get(name, "").strip()) for name in (FIRST, LAST))
    if first is None and last is None:
        return None
    first = first or (last and last - timedelta(days=LAST_DAYS - 1))
    last = last or (first and first + timedelta(days=LAST_DAYS - 1))
    return None if first is None or last is None or days_faults(first, last) else Days(first, last)


def _read(typed: str) -> date | None:
    try:
        return typed_day(typed)
    except ValueError:
        return None


def _chosen(name: str, known: Sequence[str]) -> str:
    typed = request.args.get(name, "").strip()
    return typed if typed in known else known[0]


def _city() -> str | None:
    typed = request.args.get("city", "").strip()
    return typed if typed in city_names(clock.today(clock.now())) else None


def _provider() -> int | None:
    typed = request.args.get("provider", "").strip()
    return int(typed) if typed.isdecimal() and len(typed) < 10 else None
