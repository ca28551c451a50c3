"""One line of a desk, and how lines become one query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, DateTime, Select, cast, func, literal, null, union_all

from core import clock
from core.db import session


@dataclass(frozen=True, slots=True)
class DeskItem:
    """``key`` names what waits; the page knows its words and its link.

    ``oldest`` is the day since which the longest waits, ``age_days`` how many working days that is, ``due`` the day
    by which the most urgent is to be done, ``amount_fen`` what all of it is worth. A ``fact`` is there to be known and
    not to be done.
    """

    key: str
    count: int
    oldest: date | None = None
    due: date | None = None
    amount_fen: int | None = None
    age_days: int | None = None
    is_fact: bool = False
    is_provisional: bool = False


@dataclass(frozen=True)
class Line:
    """One count: from which rows, and of which columns the oldest instant, the nearest day and the sum are taken."""

    key: str
    rows: Select[Any]
    oldest: Any = None
    due: Any = None
    amount: Any = None
    is_fact: bool = False


def counted(lines: Sequence[Line]) -> list[DeskItem]:
    """Every line that counts anything, in the order given, in one query."""
    rows = session().execute(union_all(*(_counting(number, line) for number, line in enumerate(lines))))
    found = {number: rest for number, *rest in rows}
    return [_item(line, *found[number]) for number, line in enumerate(lines) if found[number][0]]


def shanghai_day(instant: Any) -> ColumnElement[date]:
    """The calendar date of an instant, in SQL."""
    return cast(func.timezone(clock.SHANGHAI.key, instant), Date)


def _counting(number: int, line: Line) -> Select[Any]:
    oldest = null() if line.oldest is None else func.min(line.oldest)
    due = null() if line.due is None else func.min(line.due)
    amount = null() if line.amount is None else func.sum(line.amount)
    return line.rows.with_only_columns(
        literal(number).label("number"),
        func.count().label("count"),
        cast(oldest, DateTime(timezone=True)).label("oldest"),
        cast(due, Date).label("due"),
        cast(amount, BigInteger).label("amount"),
        maintain_column_froms=True,
    ).order_by(None)


def _item(line: Line, count: int, oldest: datetime | None, due: date | None, amount: int | None) -> DeskItem:
    return DeskItem(
        key=line.key,
        count=count,
        oldest=None if oldest is None else clock.today(oldest.astimezone(clock.SHANGHAI)),
        due=due,
        amount_fen=amount,
        is_fact=line.is_fact,
    )
