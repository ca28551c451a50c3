"""Whether the booking of an order may be moved to another slot (ADR 0223); the calendar is asked elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from core.errors import Reason, reason
from core.types import Span
from instruments.rules.booking import SHARING_RULES


def rebooking_faults(
    wanted: Span, *, ordered: Span, present: Span, completion: date, held_for: date | None, is_late: bool
) -> Iterator[Reason]:
    """Everything of the order's own that speaks against a slot.

    ``ordered`` is the slot of the quote, whose length the price and the hold rest on, ``present`` the one it has.
    ``completion`` is what the new slot would promise, ``held_for`` what the order promised and its hold's year rests
    on, None where nothing is held. ``is_late``: giving the present slot up would cost a fee by now.
    """
    if wanted == present:
        yield reason("rebooking_same_slot", field="starts_at")
    if wanted.duration > ordered.duration:
        yield reason("rebooking_longer", article="V12 hold", field="ends_at")
    if is_late:
        yield reason("rebooking_late", article=SHARING_RULES, field="starts_at")
    if held_for is not None and completion.year != held_for.year:
        yield reason("rebooking_other_year", article="V12 cap", field="starts_at", year=held_for.year)
