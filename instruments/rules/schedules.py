"""When an instrument opens, as one text: many open alike, so that a text is judged once for all of them.

The week, then after a bar each season with its days; stretches are weekday, opening and closing minute. What public
holidays and worked weekends change is no part of it.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from instruments.rules.opening import Opening, Season, WeeklyHours, open_intervals

LONGEST = 4_000
"""Characters of a text that are kept; who opens by longer ones is judged by the calendar itself."""
TOO_LONG = "-"
KEPT = 4_096


def schedule(week: str | None, seasons: str | None) -> str:
    """The text for what ``instruments.queries.searching.layout.ROWS`` says; empty where it never opens."""
    of_seasons = seasons or ""
    if not week and not any(each.split(" ", 2)[2] for each in of_seasons.split(";") if each):
        return ""
    written = f"{week or ''}|{of_seasons}"
    return written if len(written) <= LONGEST else TOO_LONG


@lru_cache(maxsize=KEPT)
def opening_of(written: str) -> Opening:
    """The hours behind a text that is not too long."""
    week, _, seasons = written.partition("|")
    return Opening(week=_hours(week), seasons=tuple(_season(each) for each in seasons.split(";") if each))


def is_open_throughout(written: str, start: datetime, end: datetime) -> bool:
    """Whether who opens so is open all the time from ``start`` to ``end``, on days that are neither public holidays nor
    worked weekends."""
    stretches = open_intervals(opening_of(written), start, end)
    return any(each.start <= start and end <= each.end for each in stretches)


def _season(written: str) -> Season:
    first, last, hours = written.split(" ", 2)
    return Season(date.fromisoformat(first), date.fromisoformat(last), _hours(hours))


def _hours(written: str) -> tuple[WeeklyHours, ...]:
    stretches = (each.split("-") for each in written.split(",") if each)
    return tuple(WeeklyHours(int(weekday), int(opens), int(closes)) for weekday, opens, closes in stretches)
