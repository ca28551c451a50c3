"""What may be said when an instrument goes out of service, and whom it relieves (ADR 0240). Pure."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from core.errors import Reason, reason

ARTICLE = "V14"
"""What is offered is published with its terms; who takes it back says so."""


class InterruptionKind(StrEnum):
    """Whether it is to come back."""

    SUSPENDED = "suspended"
    RETIRED = "retired"


def interruption_faults(*, note: str, back_on: date | None, bookings: int, today: date) -> list[Reason]:
    """What is wrong with it: those with bookings are told why, and the day it may be back lies ahead."""
    found = []
    if bookings and not note.strip():
        found.append(reason("interruption_unexplained", article=ARTICLE, field="note", count=bookings))
    if back_on is not None and back_on <= today:
        found.append(reason("interruption_back_past", article=ARTICLE, field="expected_back_on"))
    return found


def is_back_for(kind: InterruptionKind, back_on: date | None, *, slot_day: date) -> bool:
    """Whether a booking that was made before may be moved to a day: to none before it is expected back."""
    return kind is InterruptionKind.SUSPENDED and back_on is not None and slot_day >= back_on
