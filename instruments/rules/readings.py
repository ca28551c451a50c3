"""Readings of sensors: which are taken, which came before, and when an instrument ran."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from core.errors import Reason, reason
from instruments.rules.opening import Interval, join

ARTICLE = "S19"


@dataclass(frozen=True, slots=True)
class ReadingTerms:
    """Policy: how long after its instant a reading is late, how long after it none is taken, how far a sensor's clock
    may be ahead, and for how long a reading tells what comes after it."""

    late_after: timedelta
    back: timedelta
    ahead: timedelta
    gap: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a sensor says: that the instrument runs or not, or its power in watts, or both, and its counters."""

    serial: str
    at: datetime
    sequence: int | None = None
    running: bool | None = None
    power_w: Decimal | None = None
    run_seconds: int | None = None
    samples: int | None = None

    def runs(self, running_from_w: Decimal | None) -> bool | None:
        """Whether the instrument runs; None where that cannot be told."""
        if self.running is not None:
            return self.running
        if self.power_w is None or running_from_w is None:
            return None
        return self.power_w >= running_from_w


def time_faults(at: datetime, *, now: datetime, terms: ReadingTerms) -> list[Reason]:
    """Why a reading of an instant is not taken."""
    if at > now + terms.ahead:
        return [reason("reading_ahead", article=ARTICLE, field="at")]
    if at < now - terms.back:
        return [reason("reading_too_old", article=ARTICLE, field="at", days=terms.back.days)]
    return []


def running_stretches(readings: Sequence[tuple[datetime, bool]], *, gap: timedelta) -> list[Interval]:
    """When an instrument ran by readings in order of time: from each that says so to the next one, unless that came
    later than ``gap``. What nothing confirms does not count."""
    return join(
        Interval(at, following)
        for (at, runs), (following, _) in pairwise(readings)
        if runs and at < following <= at + gap
    )


def within(stretches: Iterable[Interval], window: Interval) -> list[Interval]:
    """The parts of stretches that lie within a window."""
    return [
        Interval(max(each.start, window.start), min(each.end, window.end))
        for each in stretches
        if each.overlaps(window)
    ]
