"""Counts and sums by one dimension, as several reports use them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, func

from settlement.models import Payable
from vouchers.models import Claim

OUTSIDE = "outside"
"""The place of whoever sits in none of the province's cities, or whose place is not known."""

FEW = 3
"""Sums of money over fewer deals than this would tell what a single one cost, and are not shown to the public."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many there are of one value of a dimension, and for how much; None where that is nobody's business."""

    key: str
    count: int
    fen: int | None = None


@dataclass(frozen=True, slots=True)
class Subsidy:
    """Confirmed claims of one value of a dimension: how many, what was confirmed and what was paid of it."""

    key: str
    count: int
    confirmed_fen: int | None
    paid_fen: int | None


def level_of(*columns: Any) -> ColumnElement[int]:
    """Which of several grouping sets a row belongs to: a bit for each column that it is not grouped by."""
    return func.grouping(*columns).label("level")


def rows_by(rows: Sequence[Row[Any]], columns: Sequence[str]) -> Mapping[str | None, list[tuple[Any, Row[Any]]]]:
    """The rows of grouping sets of one column each, by its name with its values; the total stands under None.

    ``level`` comes first in a row, the columns after it in their order.
    """
    everything = (1 << len(columns)) - 1
    single = {everything ^ (1 << (len(columns) - 1 - n)): n for n in range(len(columns))}
    found: dict[str | None, list[tuple[Any, Row[Any]]]] = {None: [], **{name: [] for name in columns}}
    for row in rows:
        if row[0] == everything:
            found[None].append((None, row))
        else:
            position = single[row[0]]
            found[columns[position]].append((row[1 + position], row))
    return found


def paid_for_claim() -> ColumnElement[bool]:
    """Joins a claim with what was paid for it."""
    return Payable.source == func.concat("claim:", Claim.id)
