"""Taking an instrument out of service and back, within the transaction of its listing (ADR 0240)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from core.db import require_transaction
from instruments.models import Instrument, ListingInterruption
from instruments.queries.interruptions import open_interruption
from instruments.rules.interruptions import InterruptionKind


def interrupt(
    instrument: Instrument, kind: InterruptionKind, *, note: str, back_on: date | None, now: datetime
) -> dict[str, Any]:
    """Note since when it is out of service, why, and until about when; returns what the trail says to those with
    bookings. A retired one that was suspended is retired from then on."""
    current = require_transaction()
    bring_back(instrument, now=now)
    current.add(
        ListingInterruption(
            instrument_id=instrument.id, kind=kind, note=note, expected_back_on=back_on, began_at=now, ended_at=None
        )
    )
    return {"why": note or "—", "back_on": "—" if back_on is None else back_on.isoformat()}


def bring_back(instrument: Instrument, *, now: datetime) -> None:
    """It is in service again."""
    current = require_transaction()
    present = open_interruption(instrument.id)
    if present is not None:
        present.ended_at = now
        current.flush()
