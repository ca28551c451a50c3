"""Statements of one account in their order, and where one does not follow the one before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise

from settlement.states import GapKind

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """What tells the place of a statement of an account; ``id`` is ours, in the order they were taken in.

    ``number`` is the one the bank counts by, if it does; balances are in fen.
    """

    id: int
    number: int | None
    page: int
    is_last: bool
    day: date
    made_at: datetime | None
    opening_fen: int | None
    closing_fen: int | None


@dataclass(frozen=True, slots=True)
class Gap:
    """Two statements, by their ids, that do not follow each other; numbers and balances where they tell why."""

    kind: GapKind
    before_id: int
    after_id: int
    first_no: int | None = None
    last_no: int | None = None
    expected_fen: int | None = None
    found_fen: int | None = None

    @property
    def key(self) -> tuple[GapKind, int, int]:
        """What it is known again by."""
        return self.kind, self.before_id, self.after_id


def gaps_of(places: Iterable[Place]) -> list[Gap]:
    """Every gap between the statements of one account.

    A number that came twice with another content is a gap of its own; the later one counts from then on. Numbers run
    within a year, and on into the next one or from 1 again. Where both of two neighbours have a number it must follow;
    where both have balances, and no number is missing between, the opening one must be the closing one before. What has
    neither is not judged, and the first one follows nothing.
    """
    latest: dict[tuple[int, int, int], Place] = {}
    chain: list[Place] = []
    gaps: list[Gap] = []
    for place in sorted(places, key=lambda each: each.id):
        if place.number is None:
            chain.append(place)
            continue
        earlier = latest.get((place.day.year, place.number, place.page))
        if earlier is not None:
            gaps.append(Gap(GapKind.TWICE, earlier.id, place.id))
        latest[place.day.year, place.number, place.page] = place
    ordered = sorted([*chain, *latest.values()], key=_order)
    found = (_between(before, after) for before, after in pairwise(ordered))
    return [*gaps, *(gap for gap in found if gap is not None)]


def _order(place: Place) -> tuple[int, int, int, date, datetime, int]:
    return (place.day.year, place.number or 0, place.page, place.day, place.made_at or _LONG_AGO, place.id)


def _between(before: Place, after: Place) -> Gap | None:
    if before.number is not None and after.number is not None and not _follows(before, after):
        first, last = _missing(before, after)
        return Gap(GapKind.MISSING, before.id, after.id, first_no=first, last_no=last)
    if _is_next_page(before, after) or before.closing_fen is None or after.opening_fen is None:
        return None
    if before.closing_fen == after.opening_fen:
        return None
    return Gap(GapKind.BALANCE, before.id, after.id, expected_fen=before.closing_fen, found_fen=after.opening_fen)


def _is_next_page(before: Place, after: Place) -> bool:
    same = before.number is not None and (before.number, before.day.year) == (after.number, after.day.year)
    return same and after.page == before.page + 1


def _follows(before: Place, after: Place) -> bool:
    if _is_next_page(before, after):
        return True
    begins_anew = after.day.year > before.day.year and after.number == 1
    is_next = after.number == (before.number or 0) + 1
    return before.is_last and after.page == 1 and (is_next or begins_anew)


def _missing(before: Place, after: Place) -> tuple[int, int]:
    """The numbers that are missing; of which a page is missing is among them."""
    number, following = before.number or 0, after.number or 0
    if before.day.year == after.day.year and number == following:
        return number, number
    first = (number + 1 if following > number else 1) if before.is_last else number
    last = following if after.page > 1 else following - 1
    return first, max(first, last)
