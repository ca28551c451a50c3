"""Where who cannot book a slot goes on from there: pages by their places, calls by their paths."""

from __future__ import annotations

from collections.abc import Iterable

from core.clock import SHANGHAI
from core.errors import Reason, Way
from instruments.rules.opening import Interval

UNQUALIFIED = ("slot_not_qualified", "slot_qualification_over")


def to_wait(instrument_id: int, slot: Interval) -> Way:
    """Waiting for a slot that somebody else has."""
    bounds = {"starts_at": slot.start, "ends_at": slot.end}
    typed = {name: f"{at.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}" for name, at in bounds.items()}
    return Way("slot_wait_new", instrument_id, f"/instruments/{instrument_id}/slot-waits", typed)


def to_qualify(instrument_id: int, faults: Iterable[Reason]) -> list[Way]:
    """Asking the provider to be qualified, where that is among what stands against a slot."""
    if not any(each.code in UNQUALIFIED for each in faults):
        return []
    return [Way("qualification_new", instrument_id, f"/instruments/{instrument_id}/qualifications", {})]
