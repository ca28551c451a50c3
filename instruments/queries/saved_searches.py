"""Reads of kept searches: each user sees his own alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, get_args, get_type_hints

from sqlalchemy import Select, false, func, select

from core.db import session
from core.errors import NotFound
from core.permissions import SYSTEM, Actor
from instruments.models import Instrument, SavedSearch, SavedSearchLook
from instruments.queries.catalogue import Search, matching
from instruments.states import ListingState, SavedSearchState

NOT_KEPT = frozenset({"facets", "state"})
"""What of a search says how it is shown, or asks for what is not public; only what is published is news."""


@dataclass(frozen=True, slots=True)
class KeptSearch:
    """A kept search with its latest look that found anything."""

    kept: SavedSearch
    last_found: SavedSearchLook | None


class SavedSearchMissing(NotFound):
    """This user keeps no such search."""

    code = "saved_search_missing"


def own_searches(actor: Actor) -> Select[tuple[SavedSearch]]:
    """The searches the actor keeps."""
    return select(SavedSearch).where(
        SavedSearch.user_id == (actor.user_id or 0), SavedSearch.state != SavedSearchState.DELETED
    )


def find_saved_search(number: int, *, actor: Actor, lock: bool = False) -> SavedSearch:
    """One the actor keeps; raises :class:`SavedSearchMissing`."""
    found = own_searches(actor).where(SavedSearch.id == number)
    if lock:
        found = found.with_for_update().execution_options(populate_existing=True)
    kept = session().scalar(found)
    if kept is None:
        raise SavedSearchMissing
    return kept


def kept_count(actor: Actor) -> int:
    """How many searches the actor keeps."""
    return session().scalar(select(func.count()).select_from(own_searches(actor).subquery())) or 0


def has_name(name: str, *, actor: Actor, besides: int | None = None) -> bool:
    """Whether the actor keeps another search under this name."""
    found = own_searches(actor).where(SavedSearch.name == name)
    if besides is not None:
        found = found.where(SavedSearch.id != besides)
    return session().scalar(found.with_only_columns(SavedSearch.id)) is not None


def to_look_at(until: datetime) -> Sequence[int]:
    """The numbers of the searches in force for which nothing published up to ``until`` was looked at."""
    found = select(SavedSearch.id).where(SavedSearch.state == SavedSearchState.ACTIVE, SavedSearch.looked_until < until)
    return session().scalars(found.order_by(SavedSearch.id)).all()


def lock_to_look_at(number: int, *, until: datetime) -> SavedSearch | None:
    """One of these, locked; None where it was looked at or ended meanwhile."""
    found = select(SavedSearch).where(
        SavedSearch.id == number, SavedSearch.state == SavedSearchState.ACTIVE, SavedSearch.looked_until < until
    )
    return session().scalar(found.with_for_update().execution_options(populate_existing=True))


def published_between(wanted: Search, *, since: datetime, until: datetime) -> Select[tuple[Instrument]]:
    """What a search finds among what was first published after ``since``, up to ``until``, and still is."""
    found = matching(replace(wanted, state=ListingState.PUBLISHED), actor=SYSTEM)
    return found.where(Instrument.published_at > since, Instrument.published_at <= until)


def with_looks(found: Sequence[SavedSearch]) -> list[KeptSearch]:
    """Kept searches with the latest look of each that found anything, in one query."""
    latest = (
        select(SavedSearchLook)
        .where(SavedSearchLook.saved_search_id.in_([each.id for each in found]), SavedSearchLook.found > 0)
        .distinct(SavedSearchLook.saved_search_id)
        .order_by(SavedSearchLook.saved_search_id, SavedSearchLook.on.desc())
    )
    looks = {each.saved_search_id: each for each in session().scalars(latest)}
    return [KeptSearch(each, looks.get(each.id)) for each in found]


def found_last(kept: SavedSearch) -> Select[tuple[Instrument]]:
    """The instruments of its latest look that found any, as far as they still answer."""
    look = with_looks([kept])[0].last_found
    if look is None:
        return select(Instrument).where(false())
    return published_between(wanted_of(kept.filters), since=look.since, until=look.until)


# -- what is kept of a search ----------------------------------------------------------------------------------------


def filters_of(wanted: Search) -> dict[str, Any]:
    """What a search says, as JSON; what it leaves as it is by default is left out."""
    return dict(_said(wanted))


def wanted_of(filters: Mapping[str, Any]) -> Search:
    """The search whose filters these are."""
    return Search(**{name: _read(name, value) for name, value in filters.items() if name in _kinds()})


def _said(wanted: Search) -> Iterator[tuple[str, Any]]:
    for each in fields(wanted):
        value = getattr(wanted, each.name)
        if each.name in NOT_KEPT or (each.default is not MISSING and value == each.default):
            continue
        yield each.name, value.isoformat() if isinstance(value, datetime) else value


@cache
def _kinds() -> Mapping[str, type[Any]]:
    """The kind of each filter, None aside."""
    hints = get_type_hints(Search)
    return {name: _kind(hint) for name, hint in hints.items() if name not in NOT_KEPT}


def _kind(hint: Any) -> type[Any]:
    kinds = [each for each in get_args(hint) or (hint,) if isinstance(each, type) and each is not type(None)]
    return kinds[0]


def _read(name: str, value: Any) -> Any:
    kind = _kinds()[name]
    if issubclass(kind, datetime):
        return datetime.fromisoformat(value)
    return kind(value) if issubclass(kind, StrEnum) else value
