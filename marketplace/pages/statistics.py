"""Open statistics as charts made by the server, for everybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from flask import render_template

from accounts.permissions import anyone
from core import clock
from core.http import allow
from core.kinds import ServiceKind
from core.pages import Bar, BarChart, Line, LineChart, NavEntry, Pages, term
from core.pages.language import t, yuan
from instruments.policy import city_names
from marketplace.reports.figures import FEW, OUTSIDE, Bucket, Subsidy
from marketplace.reports.statistics import REST, OpenStatistics, open_statistics

statistics = Pages(
    "statistics_pages",
    __name__,
    navigation=(NavEntry("statistics", "statistics_pages.index", "find", anyone, order=40),),
    links={"statistics": ("statistics_pages.index", "")},
)


@statistics.get("/statistics")
@allow(anyone)
def index() -> str:
    """Instruments, providers, services done and subsidy paid: by city, kind and month."""
    found = open_statistics(now=clock.now())
    return render_template(
        "marketplace/statistics.html",
        figures=key_figures(found),
        found=found,
        few=FEW,
        bars=_bars(found, clock.today(clock.now())),
        months=_months(found.completed_by_month),
    )


def key_figures(found: OpenStatistics) -> list[tuple[str, str]]:
    """The figures that stand at the top: text key and figure."""
    return [
        ("instruments", f"{found.instruments:,}"),
        ("providers", f"{found.providers:,}"),
        ("services", f"{found.services:,}"),
        ("services_done", f"{found.orders_completed:,}"),
        ("subsidy_paid", _sum(found.subsidy.paid_fen)),
    ]


def instruments_by_city(found: OpenStatistics, today: date) -> BarChart:
    """The open instruments by city."""
    return _counts("instruments_by_city", t("column.city"), found.instruments_by_city, _city_labels(today))


def _bars(found: OpenStatistics, today: date) -> list[tuple[str, BarChart]]:
    """Every bar chart with its identifier, in the order of the page."""
    cities = _city_labels(today)
    by_city, by_kind = t("column.city"), t("column.service_kind")
    return [
        ("instruments-by-city", instruments_by_city(found, today)),
        (
            "instruments-by-category",
            _counts("instruments_by_category", t("column.category"), found.instruments_by_category, _category),
        ),
        ("providers-by-city", _counts("providers_by_city", by_city, found.providers_by_city, cities)),
        ("services-by-kind", _counts("services_by_kind", by_kind, found.services_by_kind, _kind)),
        ("completed-by-city", _counts("completed_by_city", by_city, found.completed_by_city, cities)),
        ("completed-by-kind", _counts("completed_by_kind", by_kind, found.completed_by_kind, _kind)),
        ("subsidy-by-city", _paid("subsidy_by_city", by_city, found.subsidy_by_city, cities)),
        ("subsidy-by-kind", _paid("subsidy_by_kind", by_kind, found.subsidy_by_kind, _kind)),
    ]


def _counts(key: str, category: str, buckets: Sequence[Bucket], label: Callable[[str], str]) -> BarChart:
    bars = [Bar(label(each.key), each.count, f"{each.count:,}") for each in buckets]
    return BarChart(t(f"chart.{key}"), category, t("chart.unit.count"), bars)


def _paid(key: str, category: str, subsidies: Sequence[Subsidy], label: Callable[[str], str]) -> BarChart:
    bars = [Bar(label(each.key), each.paid_fen or 0, _sum(each.paid_fen)) for each in subsidies]
    return BarChart(t(f"chart.{key}"), category, t("chart.unit.paid"), bars)


def _months(buckets: Sequence[Bucket]) -> LineChart:
    points = [Line(each.key, each.count, f"{each.count:,}") for each in buckets]
    return LineChart(t("chart.completed_by_month"), t("column.month"), t("chart.unit.count"), points)


def _sum(fen: int | None) -> str:
    """A sum, or that it is over too few deals to be shown."""
    return t("chart.too_few") if fen is None else yuan(fen)


def _city_labels(today: date) -> Callable[[str], str]:
    names: Mapping[str, str] = city_names(today)
    return lambda code: t("chart.outside") if code == OUTSIDE else names.get(code, code)


def _category(key: str) -> str:
    return t("chart.rest") if key == REST else key


def _kind(key: str) -> str:
    return t("chart.outside") if key == OUTSIDE else term(ServiceKind(key))
