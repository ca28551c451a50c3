"""Figures by city: the province compares all, a city's offices read their own."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from flask import Response, make_response, render_template, request, url_for

from accounts.permissions import Role
from core import clock
from core.http import allow, current_actor
from core.money import fen_to_yuan
from core.pages import Bar, BarChart, NavEntry, Pages
from core.pages.language import day, t, yuan
from core.permissions import Actor
from core.spreadsheets import BYTE_ORDER_MARK
from instruments.policy import city_names
from marketplace.permissions import may_read_figures
from marketplace.reports.cities import CityFigures, city_figures, figures_of

YEARS_BACK = 5
EXPORT = "csv"
_ITS_CITY = frozenset({Role.CITY_BUREAU, Role.CITY_FINANCE})

figures = Pages(
    "city_pages",
    __name__,
    navigation=(NavEntry("figures", "city_pages.index", "oversight", may_read_figures, order=10),),
)


@dataclass(frozen=True, slots=True)
class Measure:
    """One column: what it reads, and how it is shown and exported."""

    key: str
    value: Callable[[CityFigures], object]
    kind: str = "number"

    def shown(self, city: CityFigures) -> str:
        """The value as people read it."""
        value = self.value(city)
        if value is None:
            return "—"
        if self.kind == "money" and isinstance(value, int):
            return yuan(value)
        if isinstance(value, date):
            return day(value)
        return f"{value:,}"

    def plain(self, city: CityFigures) -> str:
        """The value as a cell of a file."""
        value = self.value(city)
        if self.kind == "money" and isinstance(value, int):
            return fen_to_yuan(value)
        return "" if value is None else str(value)

    def scale(self, city: CityFigures) -> str:
        """The value as a chart draws it: a bare number, money in yuan."""
        return self.plain(city) or "0"


MEASURES = [
    Measure("users", lambda city: city.users),
    Measure("providers", lambda city: city.providers),
    Measure("instruments", lambda city: city.instruments),
    Measure("listings_overdue", lambda city: city.listings_overdue),
    Measure("orders", lambda city: city.orders),
    Measure("orders_completed", lambda city: city.orders_completed),
    Measure("claims", lambda city: sum(city.claims.values())),
    Measure("claimed", lambda city: city.claimed_fen, kind="money"),
    Measure("approved", lambda city: city.approved_fen, kind="money"),
    Measure("confirmed", lambda city: city.confirmed_fen, kind="money"),
    Measure("paid", lambda city: city.paid_fen, kind="money"),
    Measure("review_days", lambda city: city.review_days),
    Measure("waiting", lambda city: city.waiting),
    Measure("oldest_age", lambda city: city.oldest_age_days),
]
CHARTED = ("claimed", "confirmed", "paid")
"""What the chart compares."""


@figures.get("/figures")
@allow(may_read_figures)
def index() -> Response:
    """All cities, or one's own, of a year or of all of them; also as a file."""
    today = clock.today(clock.now())
    years = [str(today.year - back) for back in range(YEARS_BACK)]
    chosen = request.args.get("year", "")
    year = int(chosen) if chosen in years else None
    found = _found(current_actor(), today=today, year=year)
    names = city_names(today)
    if request.args.get("export") == EXPORT:
        return _as_csv(found, names)
    return make_response(
        render_template(
            "marketplace/figures.html",
            found=found,
            names=names,
            measures=MEASURES,
            charted=[each for each in MEASURES if each.key in CHARTED],
            chart=_paid(found, names),
            years=years,
            year=chosen if year is not None else "",
            export_href=url_for("city_pages.index", year=chosen or None, export=EXPORT),
        )
    )


def _found(actor: Actor, *, today: date, year: int | None) -> Sequence[CityFigures]:
    """A city's offices see their own city alone (V6)."""
    if actor.role in _ITS_CITY:
        return [] if actor.city is None else [figures_of(actor.city, today=today, year=year)]
    return city_figures(today=today, year=year)


def _paid(found: Sequence[CityFigures], names: dict[str, str]) -> BarChart:
    bars = [Bar(names.get(each.city, each.city), each.paid_fen, yuan(each.paid_fen)) for each in found]
    return BarChart(t("chart.subsidy_by_city"), t("column.city"), t("chart.unit.paid"), bars)


def _as_csv(found: Sequence[CityFigures], names: dict[str, str]) -> Response:
    """UTF-8 with a byte-order mark; numbers and names of cities only, so that no cell is a formula."""
    target = io.StringIO(newline="")
    rows = csv.writer(target, lineterminator="\r\n")
    rows.writerow([t("column.city"), *(t(f"column.{each.key}") for each in MEASURES)])
    for city in found:
        rows.writerow([names.get(city.city, city.city), *(each.plain(city) for each in MEASURES)])
    response = Response(BYTE_ORDER_MARK + target.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename="figures.csv")
    return response
