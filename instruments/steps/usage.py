"""Writing the log of use (S19). Entries are never changed; what they mean to an order travels upward as an event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core import audit, outbox
from core.clock import today
from core.db import require_transaction
from core.errors import Forbidden, Refused, refuse_all
from core.permissions import Actor
from instruments.models import InstrumentUse
from instruments.policy import usage_terms
from instruments.rules.terms import UsePurpose
from instruments.rules.usage import is_late, use_faults

USE_LOGGED = "instruments.use_logged"
"""Topic of the event that the log of an order changed: ``{"order_id": …}``. Whoever handles it reads the log anew."""


class UseRefused(Refused):
    """What was to be logged has faults; all are named."""

    code = "use_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What is logged of one use; ``samples`` is None where nobody counted."""

    starts_at: datetime
    ends_at: datetime
    operator: str
    samples: int | None = None
    remarks: str = ""


def log_use(
    used: Used,
    *,
    instrument_id: int,
    purpose: UsePurpose,
    actor: Actor,
    now: datetime,
    order_id: int | None = None,
    occupancy_id: int | None = None,
    corrects: InstrumentUse | None = None,
    why: str = "",
) -> InstrumentUse:
    """Put an entry into the log, perhaps in the place of another one. Raises :class:`UseRefused` with every fault."""
    terms = usage_terms(today(now))
    if corrects is None:
        refuse_all(use_faults(used.starts_at, used.ends_at, now=now, terms=terms), error=UseRefused)
    entry = InstrumentUse(
        instrument_id=instrument_id,
        purpose=purpose,
        order_id=order_id,
        occupancy_id=occupancy_id,
        starts_at=used.starts_at,
        ends_at=used.ends_at,
        operator=used.operator,
        samples=used.samples,
        remarks=used.remarks,
        is_late=is_late(used.ends_at, now=now, terms=terms),
        corrects_id=None if corrects is None else corrects.id,
        why=why,
        withdrawn=False,
        logged_by=user_of(actor),
        logged_at=now,
    )
    return add_entry(entry, action="log_use" if corrects is None else "correct_use", actor=actor, now=now)


def add_entry(entry: InstrumentUse, *, action: str, actor: Actor, now: datetime) -> InstrumentUse:
    """Write an entry with its audit entry, and tell above of the order it is about."""
    current = require_transaction()
    current.add(entry)
    current.flush()
    data = {
        "instrument_id": entry.instrument_id,
        "order_id": entry.order_id,
        "starts_at": entry.starts_at.isoformat(),
        "ends_at": entry.ends_at.isoformat(),
        "corrects_id": entry.corrects_id,
        "note": entry.why,
    }
    audit.record(actor=actor, now=now, action=action, subject=entry, data=data)
    if entry.order_id is not None:
        outbox.emit(USE_LOGGED, {"order_id": entry.order_id}, now=now)
    return entry


def user_of(actor: Actor) -> int:
    """Who writes into the log; raises Forbidden for whoever is nobody."""
    if actor.user_id is None:
        raise Forbidden
    return actor.user_id
