"""Searches for a free time through the index: it knows what is asked for, the database who is free.

On ordinary days hours are judged by kind: the index holds by which hours each opens, few kinds are many instruments,
and whoever is taken is left out, so totals and facets are exact. Where a public holiday, a worked weekend or too many
kinds of hours stand in the way, each match is judged by itself, up to ten thousand of them, exactly too. Beyond, a part
of them chosen by their digests, thus evenly, tells how many are free; each one shown is judged all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from instruments.queries.searching.asked import Search
from instruments.queries.searching.cursors import Key
from instruments.queries.searching.index import Asked, Found, count, counted, page_of
from instruments.queries.searching.labels import Counted
from instruments.queries.searching.layout import SCHEDULE
from instruments.queries.searching.reading import Opened
from instruments.rules.schedules import TOO_LONG

EXACT_UP_TO = 10_000
"""Matches with opening hours of which every one is judged."""
SAMPLE = 2_000
WALKED_AT_MOST = 10_000
"""Matches that are judged for one page where not all are; a page that is not full by then says where to go on."""
FIRST_PORTION = 100
GROWTH = 4

MOST_SCHEDULES = 2_000
"""Different opening hours that are judged, each once for all who open by it."""
MOST_TAKEN = 20_000
"""Instruments taken at a time that are told to the index."""


class Judge(Protocol):
    """Who says what is free at the time asked for."""

    def among(self, numbers: Sequence[int]) -> set[int]:
        """Those of some instruments that are free."""

    def schedules(self, written: Sequence[str]) -> list[str] | None:
        """Those of some schedules by which one is open; None where hours alone do not tell."""

    def taken(self, most: int) -> list[int] | None:
        """Every instrument that is taken; None where there are more than ``most``."""


@dataclass(frozen=True)
class Free:
    """A page of what is free, and how many are: exactly, or by estimate."""

    found: Found
    total: int
    facets: Mapping[str, Counted]
    is_estimate: bool


def free(opened: Opened, wanted: Search, *, after: Sequence[Key] | None, limit: int, city: str, judge: Judge) -> Free:
    """The instruments behind ``after`` that are free, with total and facets."""
    asked = Asked(opened, wanted)
    opening = _by_schedules(asked, judge)
    if opening is not None:
        total, facets = counted(opening)
        return Free(page_of(opening, after=after, limit=limit, city=city), total, facets, is_estimate=False)
    matches = count(asked)
    if matches > EXACT_UP_TO:
        return _estimated(asked, matches, after=after, limit=limit, city=city, judge=judge)
    narrowed = asked.among(judge.among(asked.first_by("id", EXACT_UP_TO)))
    total, facets = counted(narrowed)
    return Free(page_of(narrowed, after=after, limit=limit, city=city), total, facets, is_estimate=False)


def _by_schedules(asked: Asked, judge: Judge) -> Asked | None:
    """What is asked for of those that are open and not taken; None where their hours do not tell."""
    found = asked.values_of(SCHEDULE, MOST_SCHEDULES)
    if found is None or TOO_LONG in found:
        return None
    opening = judge.schedules(found)
    if opening is None:
        return None
    taken = judge.taken(MOST_TAKEN) if opening else []
    return None if taken is None else asked.opening(opening, taken)


def _estimated(asked: Asked, matches: int, *, after: Sequence[Key] | None, limit: int, city: str, judge: Judge) -> Free:
    sample = asked.first_by("mark", SAMPLE)
    total, facets = counted(asked.among(judge.among(sample)))
    share = matches / len(sample)
    scaled = {name: [(value, round(many * share)) for value, many in found] for name, found in facets.items()}
    found = _walked(asked, after=after, limit=limit, city=city, judge=judge)
    return Free(found, max(round(total * share), len(found.keys) + found.more), scaled, is_estimate=True)


def _walked(asked: Asked, *, after: Sequence[Key] | None, limit: int, city: str, judge: Judge) -> Found:
    """What is free in the order asked for, judged in growing portions until the page is full."""
    keys: list[tuple[Key, ...]] = []
    walked, portion = 0, FIRST_PORTION
    while walked < WALKED_AT_MOST:
        some = page_of(asked, after=after, limit=portion, city=city)
        able = judge.among(some.ids)
        keys += [key for key in some.keys if key[-1] in able]
        if len(keys) > limit:
            return Found(keys[:limit], more=True)
        if not some.more:
            return Found(keys, more=False)
        after, walked, portion = some.keys[-1], walked + len(some.keys), portion * GROWTH
    return Found(keys, more=True, last=after)
