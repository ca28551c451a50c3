"""How long things took, by the audit trail: each wait from what began it to what answered it, counted by the database.

The evaluation (V20), the annual report of a city and the figures by city read these, so that the same time is the same
figure everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, Subquery, Text, case, cast, extract, func, literal, select

from accounts.models import Membership
from accounts.states import MembershipAction
from core.audit import AuditEntry
from core.workdays import CalendarException
from vouchers.models import Claim
from vouchers.states import ClaimAction

SECONDS_AN_HOUR = 3_600
_WEEK, _WORKWEEK = 7, 5
_A_MONDAY = "2001-01-01"
"""Weekdays are counted from here; nothing of ours is older."""


@dataclass(frozen=True, slots=True)
class Wait:
    """What is waited for: from the entry of one of ``starts`` to the next one, if that is one of ``answers``."""

    subject: str
    starts: tuple[str, ...]
    answers: tuple[str, ...]


CLAIM_REVIEW = Wait(
    Claim.__tablename__,
    (ClaimAction.SUBMIT, ClaimAction.SEND_BACK),
    (ClaimAction.APPROVE, ClaimAction.RETURN, ClaimAction.REJECT),
)
"""A city's review: from each submission, or the province's sending back, to its answer."""

REGISTRATION_REVIEW = Wait(
    Membership.__tablename__, (MembershipAction.SUBMIT,), (MembershipAction.APPROVE, MembershipAction.RETURN)
)
"""The review of a registration: from each submission to its answer."""

SUMMARISING = Wait(Claim.__tablename__, (ClaimAction.APPROVE,), (ClaimAction.SUMMARISE,))
"""From a city's approval to the summary that takes the claim."""


def answered(wait: Wait) -> Subquery:
    """Every wait that was answered.

    Columns ``entry_id`` (of the answer), ``subject_id``, ``since``, ``at``, ``action``, ``user_id`` of who answered,
    ``note`` and ``data`` of the answer.
    """
    entry = AuditEntry
    window: dict[str, Any] = {"partition_by": entry.subject_id, "order_by": entry.id}
    steps = (
        select(
            entry.id.label("entry_id"),
            entry.subject_id,
            entry.action,
            entry.at,
            entry.actor_user_id.label("user_id"),
            entry.data["note"].astext.label("note"),
            entry.data,
            func.lag(entry.action, type_=Text).over(**window).label("before"),
            func.lag(entry.at).over(**window).label("since"),
        )
        .where(entry.subject_kind == wait.subject, entry.action.in_((*wait.starts, *wait.answers)))
        .subquery()
    )
    return (
        select(*(column for column in steps.c if column.key != "before"))
        .where(steps.c.action.in_(wait.answers), steps.c.before.in_(wait.starts))
        .subquery()
    )


def hours_between(since: Any, until: Any) -> ColumnElement[Any]:
    """Hours from one instant to another."""
    return extract("epoch", until - since) / SECONDS_AN_HOUR


def working_days_between(first: Any, last: Any) -> ColumnElement[int]:
    """Working days that began after ``first``, up to and including ``last``; 0 where that is earlier, null without it.

    As :meth:`core.workdays.WorkingCalendar.working_days_between` counts them.
    """
    counted = _weekdays(last) - _weekdays(first) + _moved(first, last)
    return case((last >= first, counted), (last < first, 0))


def _weekdays(day: ColumnElement[Any]) -> ColumnElement[int]:
    """Mondays to Fridays from a certain Monday up to and including a day."""
    passed = day - cast(literal(_A_MONDAY), Date)
    return passed // _WEEK * _WORKWEEK + func.least(passed % _WEEK + 1, _WORKWEEK)


def _moved(first: ColumnElement[Any], last: ColumnElement[Any]) -> ColumnElement[int]:
    """Weekends worked less weekdays off, after ``first`` up to and including ``last``."""
    day = CalendarException.day
    is_weekend = extract("isodow", day) > _WORKWEEK
    change = case(
        (CalendarException.working & is_weekend, 1),
        (~CalendarException.working & ~is_weekend, -1),
        else_=0,
    )
    total = select(func.coalesce(func.sum(change), 0)).where(day > first, day <= last)
    return cast(total.correlate_except(CalendarException).scalar_subquery(), Integer)
