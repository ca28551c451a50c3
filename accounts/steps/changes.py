"""Applying an approved change within a transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.kinds import OrganisationKind
from accounts.models import MemberChange, Organisation
from accounts.queries.organisations import Seat, teams_of
from accounts.states import CHANGE_TRANSITIONS, ChangeAction
from core import audit
from core.db import require_transaction
from core.permissions import Actor
from core.states import apply

PLAIN = ("name", "legal_representative", "phone", "address")
"""What is written as it stands."""


def apply_change(*, change: MemberChange, seat: Seat | None, actor: Actor, now: datetime) -> None:
    """The organisation is from now on what the change says; ``seat`` is its new one, None where it stays.

    From this moment the bureau of the new city is in charge. Teams move with their incubator.
    """
    current = require_transaction()
    member = change.organisation
    before = _write(member, {name: getattr(change, name) for name in PLAIN if getattr(change, name) is not None})
    if seat is not None:
        before |= _write(member, _columns(seat))
        if member.kind is OrganisationKind.INCUBATOR:
            for team in teams_of(member.id):
                _record(team, _write(team, _columns(seat)), actor, now)
    change.applied_at = now
    apply(
        change,
        ChangeAction.APPLY,
        transitions=CHANGE_TRANSITIONS,
        actor=actor,
        now=now,
        data={"organisation_id": member.id, "effective_on": change.effective_on.isoformat()},
    )
    _record(member, before, actor, now)
    current.flush()


def _columns(seat: Seat) -> dict[str, Any]:
    return {"county": seat.county, "city": seat.city, "in_province": seat.in_province}


def _write(member: Organisation, wanted: dict[str, Any]) -> dict[str, Any]:
    """Write what differs; returns what stood there before."""
    before = {name: getattr(member, name) for name, value in wanted.items() if getattr(member, name) != value}
    for name in before:
        setattr(member, name, wanted[name])
    return before


def _record(member: Organisation, before: dict[str, Any], actor: Actor, now: datetime) -> None:
    if before:
        audit.record(actor=actor, now=now, action="correct", subject=member, data={"before": before})
