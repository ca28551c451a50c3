"""The words of a yearly report: what its figures are called, how they are shown, what their rows stand for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from accounts.policy import city_names
from core.texts import Text, catalogue, text
from marketplace.reports.annual.measures import BREAKDOWNS, Unit

NOTHING = "—"
_TENTHS = 1000
"""Tenths of a per cent in the whole."""
_BREAKDOWNS = {each.key: each for each in BREAKDOWNS}


def word(key: str) -> Text:
    """A text of the report, ``annual.<key>``."""
    return catalogue()[f"annual.{key}"]


def shown(value: int | None, unit: Unit) -> str:
    """A figure as people read it; sums in yuan."""
    if value is None:
        return NOTHING
    if unit is Unit.FEN:
        sign = "-" if value < 0 else ""
        return f"{sign}{abs(value) // 100:,}.{abs(value) % 100:02d}"
    return f"{value:,}"


def change(value: int | None, before: int | None) -> str:
    """The change from the year before in per cent, to one decimal; a dash where there was nothing."""
    if value is None or not before:
        return NOTHING
    tenths = (abs(value - before) * _TENTHS * 2 + before) // (before * 2)
    sign = "+" if value > before else "-" if value < before else ""
    return f"{sign}{tenths // 10}.{tenths % 10}%"


def label_of(breakdown: str, label: str | None, *, cities: Mapping[str, str]) -> Text:
    """What a row stands for: a word, a city, or a name as it is."""
    enum = _BREAKDOWNS[breakdown].words
    if label is None:
        return word("unknown_place")
    if enum is not None and label in list(enum):
        return text(f"term.{enum.__name__}.{label}")
    name = cities.get(label, label)
    return Text(name, name)


def names_of_cities(on: date) -> Mapping[str, str]:
    """Cities by code."""
    return city_names(on)
