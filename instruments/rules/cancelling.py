"""What a provider publishes for bookings that are given up late or not come to (ADR 0224)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

WHOLE = 100
"""Percent of the price."""


class FeeKind(StrEnum):
    """Why a user owes a provider a fee."""

    LATE_CANCELLATION = "late_cancellation"
    NO_SHOW = "no_show"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationTerms:
    """Until so many hours before its start a booking is given up for nothing, afterwards for so many percent of its
    price; and what it costs not to come. None: nothing is asked."""

    free_cancellation_hours: int | None = None
    late_cancellation_percent: int | None = None
    no_show_percent: int | None = None

    def free_until(self, slot_start: datetime) -> datetime | None:
        """The last instant at which giving a booking up costs nothing; None where it never costs anything."""
        hours = self.free_cancellation_hours
        return None if hours is None else slot_start - timedelta(hours=hours)

    def is_late(self, slot_start: datetime, *, now: datetime) -> bool:
        """Whether giving a booking up costs something by now."""
        free_until = self.free_until(slot_start)
        return free_until is not None and now > free_until

    def late_fee_fen(self, price_fen: int, *, slot_start: datetime, now: datetime) -> int:
        """What giving a booking of a price up costs now, rounded down to the fen."""
        return _share(price_fen, self.late_cancellation_percent) if self.is_late(slot_start, now=now) else 0

    def no_show_fee_fen(self, price_fen: int) -> int:
        """What not coming to a booking of a price costs, rounded down to the fen."""
        return _share(price_fen, self.no_show_percent)


def _share(price_fen: int, percent: int | None) -> int:
    return price_fen * (percent or 0) // WHOLE
