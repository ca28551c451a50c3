"""The coming cut-offs, as pages tell them."""

from __future__ import annotations

from datetime import date

from settlement.queries.desk import live_cutoffs
from settlement.rules.cutoffs import Cutoff
from settlement.service.batches import scheduled_around, scheduled_cutoffs


def next_scheduled(today: date) -> Cutoff:
    """The first scheduled cut-off on or after a day."""
    return _coming(today)[0]


def next_free(today: date) -> Cutoff:
    """The first scheduled cut-off on or after a day that has no batch yet: what is due now is paid by it."""
    coming = _coming(today)
    taken = live_cutoffs(today)
    return next((each for each in coming if each.day not in taken), coming[-1])


def latest_scheduled(today: date, *, past: int) -> list[Cutoff]:
    """The next scheduled cut-off and so many before it, the latest first."""
    over = [each for each in scheduled_around(today) if each.day < today]
    return [next_scheduled(today), *reversed(over[-past:])]


def is_scheduled(day: date) -> bool:
    """Whether a day is a scheduled cut-off."""
    return any(each.day == day for each in scheduled_around(day))


def _coming(today: date) -> list[Cutoff]:
    """Cut-offs on or after a day, three at least."""
    found = [each for each in scheduled_around(today) if each.day >= today]
    if len(found) < _SEEN_AHEAD:
        found += scheduled_cutoffs(year=today.year + 1)
    return found


_SEEN_AHEAD = 3
