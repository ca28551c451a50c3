"""Cases: the rows every figure of the evaluation is counted from, in one shape whatever they are about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    Numeric,
    Select,
    Text,
    and_,
    cast,
    literal,
    null,
    select,
)
from sqlalchemy.sql.expression import SQLColumnExpression

from core.clock import end_of_day, start_of_day
from core.db import Model
from marketplace.reports.desk.items import shanghai_day
from marketplace.reports.times import hours_between, working_days_between

DEFINITIONS = 3
"""The version of what the figures mean; a snapshot keeps the one it was made by. Raise it with every change."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The period that is evaluated, first and last day, seen from ``today``; terms are working days of the policy."""

    since: date
    until: date
    today: date
    review_days: int
    registration_days: int
    publishing_days: int

    def holds(self, instant: Any) -> ColumnElement[bool]:
        """Whether an instant lies in the period."""
        return and_(instant >= start_of_day(self.since), instant < end_of_day(self.until))

    def holds_day(self, day: Any) -> ColumnElement[bool]:
        """Whether a calendar day lies in the period."""
        return and_(day >= self.since, day <= self.until)


@dataclass(frozen=True, slots=True)
class Lasted:
    """From one instant to another, or to none yet; ``days`` where it is counted otherwise than between the two."""

    since: Any
    until: Any = None
    days: Any = None

    @property
    def hours(self) -> Any:
        """Hours, where it has ended."""
        return null() if self.until is None else hours_between(self.since, self.until)

    @property
    def working_days(self) -> Any:
        """Working days, where it has ended or was counted."""
        if self.days is not None:
            return self.days
        if self.until is None:
            return null()
        return working_days_between(shanghai_day(self.since), shanghai_day(self.until))


def case_row(
    *,
    owner: Any,
    key: Any,
    kind: type[Model] | SQLColumnExpression[str],
    case_id: Any,
    hit: Any,
    lasted: Lasted | None = None,
    note: Any = None,
) -> Select[Any]:
    """The columns of a case; what it is selected from is the caller's to add.

    ``owner`` is whom it counts for, ``key`` unique within its measure, ``kind`` the table of the record that
    ``case_id`` names, ``hit`` whether the case is what the measure asks for.
    """
    return select(
        owner.label("owner"),
        cast(key, BigInteger).label("key"),
        _kind(kind).label("kind"),
        cast(case_id, BigInteger).label("case_id"),
        cast(null() if lasted is None else lasted.since, DateTime(timezone=True)).label("since"),
        cast(null() if lasted is None or lasted.until is None else lasted.until, DateTime(timezone=True)).label(
            "until"
        ),
        cast(null() if lasted is None else lasted.hours, Numeric).label("hours"),
        cast(null() if lasted is None else lasted.working_days, Integer).label("days"),
        cast(hit, Boolean).label("hit"),
        cast(null() if note is None else note, Text).label("note"),
    )


def _kind(kind: type[Model] | SQLColumnExpression[str]) -> ColumnElement[str]:
    return cast(literal(kind.__tablename__), Text) if isinstance(kind, type) else cast(kind, Text)
