"""What is near a search that found nothing: which filter stands in its way, other cities, similar names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from core.permissions import Actor
from instruments.queries.catalogue import Search, search
from instruments.queries.suggestions import SuggestionKind, suggest
from instruments.rules.near_words import shorter_words

MOST_TRIED = 5
"""So many filters are tried, each alone: a page has its budget of queries."""
NO_FILTERS = frozenset({"facets", "sort", "state", "near"})
TOGETHER: Mapping[str, tuple[str, ...]] = {"city": ("city", "county"), "free_from": ("free_from", "free_to")}
"""What goes when a filter goes: a county lies in its city, a time has two ends."""
LATER = frozenset({"free_to"})
NARROWEST_FIRST = ("free_from", "county", "provider", "category", "city")
"""The filters that most often stand in the way are tried before the others."""


@dataclass(frozen=True, slots=True)
class Without:
    """How many a search would find if these filters, which go together, were dropped and nothing else."""

    filters: tuple[str, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Nearby:
    """What is near: ``cities`` are facet values of the same search wherever in the province, ``names`` names like the
    words."""

    without: Sequence[Without]
    cities: Sequence[Mapping[str, Any]]
    names: Sequence[str]


def nearby(wanted: Search, *, actor: Actor, now: datetime) -> Nearby:
    """What is near a search that found nothing. Every count is that of the search itself; those of nothing are left
    out."""
    without: list[Without] = []
    cities: Sequence[Mapping[str, Any]] = []
    for dropped in _single_filters(wanted):
        shows_cities = "city" in dropped
        changes: dict[str, Any] = {name: "" if name == "q" else None for name in dropped}
        relaxed = replace(wanted, **changes, facets=("city",) if shows_cities else ())
        found = search(relaxed, cursor=None, limit=1, actor=actor, now=now)
        if found["total"]:
            without.append(Without(dropped, found["total"]))
            cities = [each for each in found["facets"]["city"] if each["value"]] if shows_cities else cities
    return Nearby(without, cities, _similar_names(wanted.q))


def _single_filters(wanted: Search) -> list[tuple[str, ...]]:
    """The filters in force that may go alone, those that narrow most first; none where there is only one, as without it
    everything is found."""
    present = list(_in_force(wanted))
    if len(present) < 2:
        return []
    present.sort(key=lambda name: NARROWEST_FIRST.index(name) if name in NARROWEST_FIRST else len(NARROWEST_FIRST))
    groups = [TOGETHER.get(name, (name,)) for name in present]
    return [tuple(each for each in group if getattr(wanted, each) is not None) for group in groups][:MOST_TRIED]


def _in_force(wanted: Search) -> Iterator[str]:
    for each in fields(wanted):
        if each.name not in NO_FILTERS | LATER and getattr(wanted, each.name) not in (None, ""):
            yield each.name


def _similar_names(q: str) -> Sequence[str]:
    """Names that the words lead to, else words a little shorter."""
    if not q.strip():
        return []
    tried = (suggest(each).items for each in (q, *shorter_words(q)))
    names = ([each.text for each in found if each.kind is SuggestionKind.NAME] for found in tried)
    return next((some for some in names if some), [])
