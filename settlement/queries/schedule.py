"""When a province pays, by its policy pack and what a person changed of it (V17 pay)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from core import policy
from core.db import session
from settlement.models import CutoffChange
from settlement.rules.cutoffs import Moved, Schedule

CUTOFF_DAYS = "settlement.cutoff_days"
MOVES = "settlement.cutoff_moves_to_working_day"


def schedule_at(on: date) -> Schedule:
    """The days of a month on which claims are paid, in force on a day or nearest to it, with the cut-offs that a person
    put elsewhere."""
    edition = policy.current().nearest(on, term=CUTOFF_DAYS)
    return Schedule(edition[CUTOFF_DAYS], moves=edition[MOVES], moved=_moved())


def _moved() -> dict[date, Moved]:
    """The latest change of each cut-off that was ever changed."""
    found = select(CutoffChange.nominal, CutoffChange.day, CutoffChange.reason).order_by(CutoffChange.id)
    return {nominal: Moved(day, reason) for nominal, day, reason in session().execute(found)}
