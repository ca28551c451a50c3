"""What becomes of those who wait for slots of one instrument, as its calendar stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from instruments.rules.opening import Interval


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who waits: ``book_by`` is the end of the offer in force, None without one."""

    id: int
    organisation_id: int
    slot: Interval
    book_by: datetime | None


@dataclass(frozen=True, slots=True)
class Booked:
    """Time that is taken, by whom where it is a booking: its slot, and with the time kept free around it."""

    organisation_id: int | None
    slot: Interval
    held: Interval


def ended(waiting: Waiting, taken: Sequence[Booked], *, now: datetime) -> str | None:
    """What has become of one who waits, as an action of the table; None where nothing has."""
    if any(each.organisation_id == waiting.organisation_id and each.slot.overlaps(waiting.slot) for each in taken):
        return "book_slot"
    if waiting.slot.start <= now:
        return "expire"
    if waiting.book_by is None:
        return None
    if any(each.held.overlaps(waiting.slot) for each in taken):
        return "lose_slot"
    return "pass_by" if waiting.book_by <= now else None


def next_offers(waiting: Sequence[Waiting], *, may_book: Callable[[Waiting], bool]) -> list[Waiting]:
    """Who is told next, in the order given: of those who could book their slot, each whose time is offered to nobody
    else."""
    offered = [each.slot for each in waiting if each.book_by is not None]
    told = []
    for each in waiting:
        if each.book_by is None and not any(each.slot.overlaps(other) for other in offered) and may_book(each):
            offered.append(each.slot)
            told.append(each)
    return told


def book_by(slot: Interval, *, term: timedelta, now: datetime) -> datetime:
    """Until when the slot is theirs to book first: a term, which ends with the slot's start at the latest."""
    return min(now + term, slot.start)
