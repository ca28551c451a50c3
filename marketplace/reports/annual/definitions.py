"""How every figure of a report is counted, to be read by people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from marketplace.reports.annual.measures import SECTIONS, Unit
from marketplace.reports.annual.words import word


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure with its names, what it counts, and the query."""

    key: str
    section: str
    unit: Unit
    name: str
    name_en: str
    definition: str
    definition_en: str
    query: str


def definitions() -> Iterator[Definition]:
    """Figure by figure, in the order of the report."""
    for section, measures in SECTIONS.items():
        for each in measures:
            name, said = word(f"figure.{each.key}"), word(f"definition.{each.key}")
            query = " ".join(each.sql.split())
            yield Definition(each.key, section, each.unit, name.zh, name.en, said.zh, said.en, query)
