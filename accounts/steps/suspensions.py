"""Beginning and ending suspensions within a transaction."""

from __future__ import annotations

from datetime import datetime

from accounts.models import Membership, Suspension
from accounts.states import MEMBERSHIP_TRANSITIONS, MembershipAction, MembershipState
from core import audit
from core.db import require_transaction
from core.permissions import Actor
from core.states import apply


def begin_suspension(suspension: Suspension, *, actor: Actor, now: datetime) -> None:
    """The member's state follows the suspension."""
    require_transaction()
    suspension.began_at = now
    apply(
        suspension.membership,
        MembershipAction.SUSPEND,
        transitions=MEMBERSHIP_TRANSITIONS,
        actor=actor,
        now=now,
        note=suspension.reason,
        data={
            "article": suspension.article,
            "until": None if suspension.until is None else suspension.until.isoformat(),
        },
    )


def end_suspension(
    membership: Membership, suspension: Suspension | None, *, note: str, actor: Actor, now: datetime
) -> None:
    """It holds no longer; one that was only announced never begins."""
    require_transaction()
    if suspension is not None:
        suspension.ended_at = now
        suspension.ended_by = actor.user_id
        audit.record(actor=actor, now=now, action="end", subject=suspension, data={"note": note} if note else {})
    if membership.state is MembershipState.SUSPENDED:
        apply(membership, MembershipAction.RESUME, transitions=MEMBERSHIP_TRANSITIONS, actor=actor, now=now, note=note)
