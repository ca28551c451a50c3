"""What stands before every decision about a claim: it is in nobody else's hands, and the officer is tied to nobody."""

from __future__ import annotations

from datetime import datetime

from accounts.steps import ConflictOfInterest
from core import audit, clock
from core.db import require_transaction
from core.errors import Conflict
from core.permissions import SYSTEM, Actor
from vouchers.models import Claim, ReviewCase
from vouchers.queries.cases import held_cases, open_case
from vouchers.queries.conflicts import conflicts
from vouchers.rules.reviewing import CaseAction, CaseEnding


class CaseHeld(Conflict):
    """Somebody else holds this case and decides it; it may be taken over with a reason."""

    code = "case_held"
    article = "V17 order"


def require_free(claim: Claim, *, actor: Actor, now: datetime) -> None:
    """Raise :class:`CaseHeld` where a locked claim is in somebody else's hands."""
    held = held_cases([claim.id], on=clock.today(now)).get(claim.id)
    if held is not None and held.case.holder_id != actor.user_id:
        raise CaseHeld(
            claim=claim.id,
            holder=held.shown_to(actor),
            last_day=held.case.last_day,
            extra={"last_day": held.case.last_day.isoformat()},
        )


def require_unconflicted(claim: Claim, *, actor: Actor, now: datetime) -> None:
    """Raise :class:`accounts.steps.ConflictOfInterest`, every ground named, where the actor decides nothing here."""
    if actor.user_id is None:
        return
    grounds = conflicts(actor.user_id, [claim], on=clock.today(now)).get(claim.id)
    if grounds:
        raise ConflictOfInterest(reasons=grounds)


def end_case(claim: Claim, ending: CaseEnding, *, actor: Actor, now: datetime) -> ReviewCase | None:
    """End the open case of a locked claim, if there is one. One whose last day is over has lapsed by itself."""
    current = require_transaction()
    case = open_case(claim.id)
    if case is None:
        return None
    lapsed = case.last_day < clock.today(now)
    by = SYSTEM if lapsed else actor
    case.ended_at, case.ended_by, case.ending = now, by.user_id, CaseEnding.LAPSED if lapsed else ending
    current.flush()
    action = ACTIONS.get(case.ending)
    if action is not None:
        data = {"claim_id": claim.id, "holder_id": case.holder_id}
        audit.record(actor=by, now=now, action=action, subject=case, data=data)
    return case


ACTIONS = {CaseEnding.RELEASED: CaseAction.RELEASE, CaseEnding.LAPSED: CaseAction.LAPSE}
"""Endings that nothing else on the trail tells of; the others come with a decision or with the next holder."""
