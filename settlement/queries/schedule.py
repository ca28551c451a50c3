"""When a province pays, by its policy pack (V17 pay)."""

from __future__ import annotations

from datetime import date

from core import policy
from settlement.rules.cutoffs import Schedule

CUTOFF_DAYS = "settlement.cutoff_days"
MOVES = "settlement.cutoff_moves_to_working_day"


def schedule_at(on: date) -> Schedule:
    """The days of a month on which claims are paid, in force on a day or nearest to it."""
    edition = policy.current().nearest(on, term=CUTOFF_DAYS)
    return Schedule(edition[CUTOFF_DAYS], moves=edition[MOVES])
