"""The yearly report as PDF: what its template shows, all of it in Chinese as the official manner wants it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core import clock
from core.money import in_capitals
from core.pdf import render_pdf
from core.texts import text
from marketplace.reports.annual.counting import Agreement, FigureOf, ReportFigures
from marketplace.reports.annual.measures import BREAKDOWNS, Unit
from marketplace.reports.annual.words import change, label_of, names_of_cities, shown, word

TEMPLATE = "marketplace/annual_report"
IN_CAPITALS = ("claimed_fen", "approved_fen", "confirmed_fen", "paid_fen")
"""The sums that official documents also write in words."""


def report_pdf(figures: ReportFigures, texts: Mapping[str, str], *, number: str, digest: str) -> bytes:
    """The document of an edition; the same edition is the same bytes."""
    return render_pdf(TEMPLATE, document_data(figures, texts, number=number, digest=digest))


def document_data(figures: ReportFigures, texts: Mapping[str, str], *, number: str, digest: str) -> dict[str, Any]:
    """What the template shows."""
    on = clock.today(figures.as_of)
    cities = names_of_cities(on)
    city = cities.get(figures.city, figures.city)
    return {
        "title": text("annual.official", city=city, year=figures.year).zh,
        "number": number,
        "facts": [
            [word("fact.city").zh, city],
            [word("fact.period").zh, text("annual.period", year=figures.year).zh],
            [word("fact.as_of").zh, f"{figures.as_of.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"],
            [word("fact.basis").zh, word("basis").zh],
        ],
        "texts": [[word(f"text.{key}").zh, said] for key, said in texts.items()],
        "sections": [
            {"title": word(f"section.{key}").zh, "rows": [_row(each) for each in rows]}
            for key, rows in figures.sections.items()
        ],
        "capitals": [
            [word(f"figure.{each.key}").zh, text("annual.rmb", sum=in_capitals(each.value or 0)).zh]
            for rows in figures.sections.values()
            for each in rows
            if each.key in IN_CAPITALS
        ],
        "tables": [
            {
                "title": word(f"breakdown.{each.key}").zh,
                "rows": [
                    [
                        label_of(each.key, row.label, cities=cities).zh,
                        shown(row.count, Unit.COUNT),
                        shown(row.fen, Unit.FEN),
                        shown(row.count_before, Unit.COUNT),
                        shown(row.fen_before, Unit.FEN),
                    ]
                    for row in figures.breakdowns[each.key]
                ],
            }
            for each in BREAKDOWNS
            if figures.breakdowns[each.key]
        ],
        "checks": [
            [word(f"check.{each.key}").zh, shown(each.left, Unit.FEN), shown(each.right, Unit.FEN), _verdict(each)]
            for each in figures.checks
        ],
        "digest": text("annual.digest", digest=digest).zh,
        "words": {
            "figures": word("part.figures").zh,
            "capitals": word("part.capitals").zh,
            "tables": word("part.tables").zh,
            "checks": word("part.checks").zh,
            "figure_heads": [word(f"head.{key}").zh for key in ("figure", "this_year", "last_year", "change")],
            "table_heads": [word(f"head.{key}").zh for key in ("row", "count", "fen", "count_before", "fen_before")],
            "check_heads": [word(f"head.{key}").zh for key in ("check", "claims", "books", "agrees")],
            "places": [word(f"place.{key}").zh for key in ("clerk", "reviewer", "head")],
            "seal": word("seal").zh,
            "day": word("day").zh,
        },
    }


def _row(each: FigureOf) -> list[str]:
    name = f"{word(f'figure.{each.key}').zh}（{word(f'unit.{each.unit.value}').zh}）"
    return [name, shown(each.value, each.unit), shown(each.before, each.unit), change(each.value, each.before)]


def _verdict(each: Agreement) -> str:
    return word("agrees" if each.holds else "differs").zh
