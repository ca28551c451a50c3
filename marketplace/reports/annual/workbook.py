"""The yearly report as XLSX: figures are figures, text stays text, and every figure says how it was counted."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from core import clock
from core.money import fen_to_yuan
from core.spreadsheets import WORKBOOK_OPTIONS
from core.texts import Text, text
from marketplace.reports.annual.counting import ReportFigures
from marketplace.reports.annual.measures import BREAKDOWNS, CHECKS, SECTIONS, Unit
from marketplace.reports.annual.words import change, label_of, names_of_cities, word

Cell = str | int | Decimal | None
"""Text, a count, or a sum in yuan."""

_WIDTH = 24
_WIDE = 60


def report_xlsx(figures: ReportFigures, texts: Mapping[str, str], *, number: str, digest: str) -> bytes:
    """The workbook of an edition; the same edition is the same bytes."""
    target = io.BytesIO()
    cities = names_of_cities(clock.today(figures.as_of))
    city = cities.get(figures.city, figures.city)
    with Workbook(target, WORKBOOK_OPTIONS) as book:
        # The moment of the figures is that of the file, so that the same edition gives the same bytes on any day.
        book.set_properties({"title": number, "created": figures.as_of.astimezone(UTC).replace(tzinfo=None)})
        money = book.add_format({"num_format": "#,##0.00"})
        sheets: Sequence[tuple[str, Iterable[Sequence[Cell]]]] = [
            ("report", _about(figures, texts, city=city, number=number, digest=digest)),
            ("figures", _figures(figures)),
            ("tables", _tables(figures, cities)),
            ("checks", _checks(figures)),
            ("definitions", _definitions()),
        ]
        for name, rows in sheets:
            _write(book.add_worksheet(word(f"sheet.{name}").zh), rows, money)
    return target.getvalue()


def _write(sheet: Worksheet, rows: Iterable[Sequence[Cell]], money: Any) -> None:
    """Rows from the top; every text is written as text, whatever it begins with."""
    sheet.set_column(0, 0, _WIDTH)
    sheet.set_column(1, 1, _WIDE)
    sheet.set_column(2, 6, _WIDTH)
    for line, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, Decimal):
                sheet.write_number(line, column, float(cell), money)
            elif isinstance(cell, int):
                sheet.write_number(line, column, cell)
            elif cell is not None:
                sheet.write_string(line, column, cell)


def _about(
    figures: ReportFigures, texts: Mapping[str, str], *, city: str, number: str, digest: str
) -> Iterable[Sequence[Cell]]:
    yield word("fact.title").zh, text("annual.official", city=city, year=figures.year).zh
    yield word("fact.number").zh, number
    yield word("fact.as_of").zh, f"{figures.as_of.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
    yield word("fact.digest").zh, digest
    yield word("fact.method").zh, figures.method
    for key, said in texts.items():
        yield word(f"text.{key}").zh, said


def _figures(figures: ReportFigures) -> Iterable[Sequence[Cell]]:
    yield tuple(word(f"head.{key}").zh for key in ("section", "figure", "this_year", "last_year", "change"))
    for section, rows in figures.sections.items():
        for each in rows:
            yield (
                word(f"section.{section}").zh,
                f"{word(f'figure.{each.key}').zh}（{word(f'unit.{each.unit.value}').zh}）",
                _number(each.value, each.unit),
                _number(each.before, each.unit),
                change(each.value, each.before),
            )


def _tables(figures: ReportFigures, cities: Mapping[str, str]) -> Iterable[Sequence[Cell]]:
    yield tuple(word(f"head.{key}").zh for key in ("table", "row", "count", "fen", "count_before", "fen_before"))
    for breakdown in BREAKDOWNS:
        for row in figures.breakdowns[breakdown.key]:
            yield (
                word(f"breakdown.{breakdown.key}").zh,
                label_of(breakdown.key, row.label, cities=cities).zh,
                row.count,
                _number(row.fen, Unit.FEN),
                row.count_before,
                _number(row.fen_before, Unit.FEN),
            )


def _checks(figures: ReportFigures) -> Iterable[Sequence[Cell]]:
    yield tuple(word(f"head.{key}").zh for key in ("key", "check", "claims", "books", "agrees"))
    for each in figures.checks:
        said = word("agrees" if each.holds else "differs").zh
        yield each.key, word(f"check.{each.key}").zh, _number(each.left, Unit.FEN), _number(each.right, Unit.FEN), said


def _definitions() -> Iterable[Sequence[Cell]]:
    yield tuple(word(f"head.{key}").zh for key in ("key", "definition", "query"))
    for measures in SECTIONS.values():
        for each in measures:
            yield each.key, definition(each.key).zh, _plain(each.sql)
    for breakdown in BREAKDOWNS:
        yield breakdown.key, word(f"breakdown.{breakdown.key}").zh, _plain(breakdown.sql)
    for check in CHECKS:
        yield check.key, word(f"check.{check.key}").zh, _plain(f"{check.left} = {check.right}")


def definition(key: str) -> Text:
    """What a figure counts, in a sentence."""
    return word(f"definition.{key}")


def _plain(query: str) -> str:
    """A query on one line."""
    return " ".join(query.split())


def _number(value: int | None, unit: Unit) -> Cell:
    if value is None:
        return None
    return Decimal(fen_to_yuan(value)) if unit is Unit.FEN else value
