"""A column of a table, on a page and in its files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from core.pages.language import t

SortKey = ColumnElement[Any] | InstrumentedAttribute[Any]


@dataclass(frozen=True)
class Column:
    """One column: heading ``column.<key>``.

    ``value`` takes a prepared row and gives a str, int, Decimal, date, datetime, StrEnum, bool or None. ``kind`` says
    how it is shown: ``text``, ``money`` (fen), ``number``, ``day``, ``moment``, ``term`` (an enum's word), ``state``
    (the word as a badge), ``flag``. ``sort`` is the SQL expression to order by; without it the heading is plain.
    ``link`` gives the address of what the row is about; the first column usually has it. One that stands ``beneath``
    the column before it on a page, for want of width, is a column of its own in files.
    """

    key: str
    value: Callable[[Any], Any]
    kind: str = "text"
    sort: SortKey | None = None
    link: Callable[[Any], str | None] | None = None
    beneath: bool = False

    @property
    def label(self) -> str:
        """The heading in the language of the request."""
        return t(f"column.{self.key}")
