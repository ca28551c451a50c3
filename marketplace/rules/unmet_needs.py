"""Needs that the province may not meet: their numbers, what may be wrong with them, and what offices' answers rest on
(V16 out)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from core.errors import Reason, reason
from core.grounds import Ground, ground

ARTICLE = "V16 out"
FIRST_FOUND = 10
"""So many of the instruments that the search found are kept with the statement."""


class NeedOutcome(StrEnum):
    """What an office closes a statement with."""

    CONFIRMED = "confirmed"
    MET = "met"


def need_number(year: int, serial: int) -> str:
    """The number of a statement: unique in the province."""
    return f"XQ{year}-{serial:05d}"


def named_need(number: str, said: str) -> str:
    """What a quote says of the unmet need where it rests on a statement: its number comes first, and once."""
    return said if said.startswith(number) else f"{number}：{said}"


def need_faults(*, needed_from: date | None, needed_until: date | None, today: date) -> list[Reason]:
    """What is wrong with the dates of a statement."""
    faults = []
    if needed_from is not None and needed_until is not None and needed_until < needed_from:
        faults.append(reason("need_dates_reversed", article=ARTICLE, field="needed_until"))
    if needed_until is not None and needed_until < today:
        faults.append(reason("need_over", article=ARTICLE, field="needed_until"))
    return faults


def need_grounds(
    *,
    number: str,
    stated_on: datetime,
    found_total: int,
    answered_on: datetime | None,
    opinion: str,
    proposed: int,
    outcome: NeedOutcome | None,
    closed_on: datetime | None,
    note: str,
) -> list[Ground]:
    """Why an office answered and closed a statement as it did; nothing before either."""
    found = []
    if answered_on is not None:
        found.append(
            ground("need_answered", article=ARTICLE, answered_on=answered_on, proposed=proposed, opinion=opinion)
        )
    if outcome is not None:
        found.append(ground("need_closed", article=ARTICLE, closed_on=closed_on, outcome=outcome, note=note))
    if found:
        found.append(
            ground("need_stated", article=ARTICLE, number=number, stated_on=stated_on, found_total=found_total)
        )
    return found
