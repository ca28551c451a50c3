"""What happened to a record, who has it now, and what is next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a timeline, its texts already in the language of the request.

    ``phase`` is ``done``, ``now`` or ``next``; ``by`` is the last day of what is still to be done.
    """

    title: str
    phase: str = "done"
    at: datetime | None = None
    who: str | None = None
    note: str | None = None
    by: date | None = None
