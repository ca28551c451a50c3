"""Saying why a gap between two statements of the bank is none (V17 pay)."""

from __future__ import annotations

from datetime import datetime

from core.db import transaction
from core.permissions import Actor, authorise
from core.states import apply
from settlement import permissions
from settlement.models import StatementGap
from settlement.queries.statement_gaps import find_gap
from settlement.states import GAP_TRANSITIONS, GapAction


def explain(*, gap_id: int, note: str, actor: Actor, now: datetime) -> StatementGap:
    """Say in own words why nothing is missing; nothing that was taken in changes.

    Raises ``StatementGapMissing`` and ``StateForbids``.
    """
    with transaction():
        authorise(actor, permissions.may_explain_suspense)
        gap = find_gap(gap_id, lock=True)
        apply(gap, GapAction.EXPLAIN, transitions=GAP_TRANSITIONS, actor=actor, now=now, note=note)
        gap.note, gap.explained_by, gap.explained_at = note, actor.user_id, now
        return gap
