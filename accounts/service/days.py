"""What a new day brings by itself: suspensions begin and end, documents owed fall due."""

from __future__ import annotations

from datetime import datetime

from accounts.queries.documents import documents_at_hand
from accounts.queries.memberships import owing_since, suspensions_to_begin, suspensions_to_end
from accounts.rules.members import missing_documents
from accounts.states import MembershipState
from accounts.steps.suspensions import begin_suspension, end_suspension
from core import audit, clock
from core.db import transaction
from core.permissions import SYSTEM


def turn_suspensions(*, now: datetime) -> int:
    """Begin those whose first day has come, end those that hold no longer; returns how many."""
    today = clock.today(now)
    with transaction():
        ending = suspensions_to_end(today)
        for each in ending:
            end_suspension(each.membership, each, note="", actor=SYSTEM, now=now)
        beginning = suspensions_to_begin(today)
        for each in beginning:
            if each.membership.state is MembershipState.APPROVED:
                begin_suspension(each, actor=SYSTEM, now=now)
        return len(ending) + len(beginning)


def note_owed_documents(*, now: datetime) -> int:
    """Put on record, once, which members did not bring in time what they owed; returns how many."""
    today = clock.today(now)
    with transaction():
        found = 0
        for membership in owing_since(today):
            missing = missing_documents(membership.owed_documents, documents_at_hand(membership, on=today))
            membership.owed_noted_at = now
            if missing:
                found += 1
                audit.record(
                    actor=SYSTEM,
                    now=now,
                    action="documents_overdue",
                    subject=membership,
                    data={
                        "organisation_id": membership.organisation_id,
                        "documents": [kind.value for kind in missing],
                        "until": None if membership.owed_until is None else membership.owed_until.isoformat(),
                    },
                )
        return found
