"""The figures of a yearly report in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from core.pages.language import say
from marketplace.reports.annual.counting import ReportFigures
from marketplace.reports.annual.differences import Difference
from marketplace.reports.annual.measures import BREAKDOWNS, Unit
from marketplace.reports.annual.words import change, label_of, names_of_cities, shown, word


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure with its unit, what it counts, its value, that of the year before, and the change."""

    name: str
    unit: str
    definition: str
    value: str
    before: str
    change: str


@dataclass(frozen=True, slots=True)
class SectionOf:
    """A section with its figures."""

    title: str
    rows: list[FigureRow]


@dataclass(frozen=True, slots=True)
class TableOf:
    """A table: label, number and sum, and both of the year before."""

    key: str
    title: str
    rows: list[tuple[str, str, str, str, str]]


def sections(figures: ReportFigures) -> list[SectionOf]:
    """Every section, in the order of the report."""
    return [
        SectionOf(
            say(word(f"section.{key}")),
            [
                FigureRow(
                    say(word(f"figure.{each.key}")),
                    say(word(f"unit.{each.unit.value}")),
                    say(word(f"definition.{each.key}")),
                    shown(each.value, each.unit),
                    shown(each.before, each.unit),
                    change(each.value, each.before),
                )
                for each in rows
            ],
        )
        for key, rows in figures.sections.items()
    ]


def tables(figures: ReportFigures, *, on: date) -> list[TableOf]:
    """Every table that has rows."""
    cities = names_of_cities(on)
    return [
        TableOf(
            each.key,
            say(word(f"breakdown.{each.key}")),
            [
                (
                    say(label_of(each.key, row.label, cities=cities)),
                    shown(row.count, Unit.COUNT),
                    shown(row.fen, Unit.FEN),
                    shown(row.count_before, Unit.COUNT),
                    shown(row.fen_before, Unit.FEN),
                )
                for row in figures.breakdowns[each.key]
            ],
        )
        for each in BREAKDOWNS
        if figures.breakdowns[each.key]
    ]


def changed(differences: Iterable[Difference]) -> list[tuple[str, str, str]]:
    """What has changed since: the figure, as it was submitted, as it is now."""
    return [
        (say(word(f"figure.{each.key}")), shown(each.submitted, each.unit), shown(each.now, each.unit))
        for each in differences
    ]
