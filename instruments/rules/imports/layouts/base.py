"""What a layout is: the headers that tell it, and how one of its rows is read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from instruments.rules.imports.cells import Cells

R = TypeVar("R")

HINT = re.compile(r"\(.*$", re.DOTALL)
SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Places:
    """The province's counties, for files that name a place; empty where the caller does not check places.

    ``codes`` maps a six-digit county code to its city's; ``names`` maps (city name, county name) to the county code;
    ``prefix`` begins all codes of the province, and ``province`` is its name.
    """

    codes: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    prefix: str = ""
    province: str = ""

    def is_province(self, name: str) -> bool:
        """Whether this is the province's name, in full or cut short."""
        return bool(name and self.province) and (self.province.startswith(name) or name.startswith(self.province))


@dataclass(frozen=True)
class Context:
    """What a layout may need beside the row."""

    places: Places = Places()


@dataclass(frozen=True)
class Layout(Generic[R]):
    """One known form of list.

    ``columns`` maps normalised headers to the reader's column names; ``required`` are those that must be there for the
    layout to be recognised; ``read`` makes a row of the cells (called for its faults too, so it must not raise).
    """

    name: str
    columns: Mapping[str, str]
    required: frozenset[str]
    read: Callable[[Cells, Context], R]
    ignored: frozenset[str] = frozenset()

    def matched(self, headers: list[str]) -> dict[int, str]:
        """Position → column name of every header this layout knows; {} where a required one is missing."""
        found: dict[int, str] = {}
        for position, header in enumerate(headers):
            column = self.columns.get(normal_header(header)) or self.columns.get(short_header(header))
            if column is not None and column not in found.values():
                found[position] = column
        return found if self.required <= set(found.values()) else {}


@dataclass(frozen=True)
class OtherList:
    """A list that is known and holds nothing to import, such as the national network's income summary."""

    name: str
    headers: frozenset[str]


def normal_header(header: str) -> str:
    """Full width made half, case folded, all white space gone."""
    return SPACE.sub("", unicodedata.normalize("NFKC", header)).casefold().lstrip("\ufeff")


def short_header(header: str) -> str:
    """The header without the hint in brackets that the national templates put after it."""
    return HINT.sub("", normal_header(header))


def place_code(cells: Cells, context: Context, column: str) -> str:
    """A six-digit county code; inside the province it must be one of its counties."""
    found = cells.raw(column)
    places = context.places
    if not found:
        return ""
    if len(found) != 6 or not found.isdecimal():
        cells.fault("import_county_malformed", column, value=found)
    elif places.codes and found.startswith(places.prefix) and found not in places.codes:
        cells.fault("import_county_unknown", column, value=found)
    return found
