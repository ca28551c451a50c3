"""What the data say now against what a submitted report froze: nothing of the report changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from marketplace.reports.annual.counting import FigureOf, ReportFigures
from marketplace.reports.annual.measures import Unit


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that came out otherwise after the report was submitted."""

    key: str
    unit: Unit
    submitted: int | None
    now: int | None


def differences(frozen: ReportFigures, present: ReportFigures) -> list[Difference]:
    """The figures of a frozen report that differ now; one that is no longer counted, or is new, is no difference."""
    now = {each.key: each for each in _flat(present)}
    return [
        Difference(each.key, each.unit, each.value, now[each.key].value)
        for each in _flat(frozen)
        if each.key in now and now[each.key].value != each.value
    ]


def _flat(figures: ReportFigures) -> Iterator[FigureOf]:
    for section in figures.sections.values():
        yield from section
