"""Use of instruments: what may be logged, when somebody may check in, and how many hours it comes to (S19)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from core.errors import Reason, reason
from instruments.rules.opening import Interval, join

ARTICLE = "S19"
_HOUR = Decimal(3600)
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class UsageTerms:
    """Policy: how long one use may last, how far back it may be logged, from when on an entry is marked late, and how
    long before a booking begins somebody may check in."""

    longest: timedelta
    back: timedelta
    late_after: timedelta
    early: timedelta


def use_faults(starts_at: datetime, ends_at: datetime, *, now: datetime, terms: UsageTerms) -> list[Reason]:
    """Every reason why a period cannot stand in the log."""
    faults: list[Reason] = []
    if ends_at <= starts_at:
        faults.append(reason("use_reversed", article=ARTICLE, field="ends_at"))
    elif ends_at - starts_at > terms.longest:
        faults.append(reason("use_too_long", article=ARTICLE, field="ends_at", days=terms.longest.days))
    if ends_at > now:
        faults.append(reason("use_ahead", article=ARTICLE, field="ends_at"))
    if starts_at < now - terms.back:
        faults.append(reason("use_too_old", article=ARTICLE, field="starts_at", days=terms.back.days))
    return faults


def is_late(ends_at: datetime, *, now: datetime, terms: UsageTerms) -> bool:
    """Whether an entry made now comes so long after the use that it is marked."""
    return now - ends_at > terms.late_after


def check_in_faults(booked: Interval, at: datetime, *, now: datetime, terms: UsageTerms) -> list[Reason]:
    """Why nobody can have come to a booking at an instant."""
    if at > now:
        return [reason("attendance_ahead", article=ARTICLE, field="at")]
    if at < booked.start - terms.early:
        minutes = int(terms.early.total_seconds()) // 60
        return [reason("attendance_early", article=ARTICLE, field="at", minutes=minutes)]
    if at >= booked.end:
        return [reason("attendance_over", article=ARTICLE, field="at")]
    return []


def check_out_faults(came_at: datetime, at: datetime, *, now: datetime, terms: UsageTerms) -> list[Reason]:
    """Why nobody who came at an instant can have left at another."""
    if at > now:
        return [reason("attendance_ahead", article=ARTICLE, field="at")]
    if at <= came_at:
        return [reason("attendance_reversed", article=ARTICLE, field="at")]
    if at - came_at > terms.longest:
        return [reason("use_too_long", article=ARTICLE, field="at", days=terms.longest.days)]
    return []


def hours_of(stretches: Iterable[Interval]) -> Decimal:
    """Hours in which at least one of them runs, to the hundredth: what overlaps counts once."""
    seconds = sum(int((each.end - each.start).total_seconds()) for each in join(stretches))
    return (Decimal(seconds) / _HOUR).quantize(_CENT, ROUND_HALF_UP)
