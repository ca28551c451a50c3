"""Taking and giving back what an order is entitled to (V12 hold)."""

from __future__ import annotations

from datetime import datetime

from accounts import queries as accounts
from accounts.queries.organisations import share_organisation
from core import audit
from core.db import insert_at_once, require_transaction
from core.errors import Conflict
from core.failpoints import failpoint
from core.permissions import Actor
from settlement.steps import grant_hold, release_hold
from vouchers.models import EntitlementDecision
from vouchers.queries.entitlement import Assessment, decision_of
from vouchers.rules.steps import StepKind
from vouchers.steps.aids import end_aids, hold_aids, lock_caps_of
from vouchers.steps.reasoning import note_decision, note_step
from vouchers.steps.snapshots import keep_policy


class RoomShrank(Conflict):
    """Less of the yearly cap is left than was quoted."""

    code = "room_shrank"
    article = "V12 hold"


def hold(*, order_id: int, assessment: Assessment, actor: Actor, now: datetime) -> int:
    """Freeze the decision of an order and hold its subsidy on the yearly cap; returns what is held, in fen.

    What programmes of cities add is held on their caps (V6). Raises :class:`RoomShrank` where less is left than the
    assessment says, or the user came under another cap since; the transaction must then be given up.
    """
    require_transaction()
    _require_same_cap(assessment)
    lock_caps_of(assessment)
    wanted_fen = assessment.subsidy_fen
    held_fen = 0
    if wanted_fen > 0:
        held_fen = grant_hold(
            order_id=order_id,
            cap_owner=assessment.cap_owner,
            year=assessment.year,
            wanted_fen=wanted_fen,
            cap_fen=assessment.cap_fen,
            actor=actor,
            now=now,
        )
    if held_fen < wanted_fen:
        raise RoomShrank(extra={"room_fen": held_fen})
    failpoint("vouchers.hold.granted")
    if hold_aids(order_id=order_id, assessment=assessment, actor=actor, now=now) < assessment.other_aid_fen:
        raise RoomShrank(extra={"room_fen": held_fen})
    decision = EntitlementDecision(
        order_id=order_id,
        beneficiary_id=assessment.beneficiary_id,
        provider_id=assessment.provider_id,
        service_kind=assessment.service_kind,
        payment_mode=assessment.payment_mode,
        judged_on=assessment.judged_on,
        policy_version=assessment.policy_version,
        snapshot_id=keep_policy(assessment.judged_on, now=now),
        facts=assessment.facts,
        eligible=assessment.eligible,
        rate=assessment.rate,
        base_fen=assessment.base_fen,
        entitlement_fen=assessment.entitlement_fen,
        cap_room_fen=assessment.cap_room_fen,
        held_fen=held_fen,
        cap_owner=assessment.cap_owner,
        year=assessment.year,
        reasons=[reason.as_json() for reason in assessment.reasons],
        flags=list(assessment.flags),
        aids=[aid.as_json() for aid in assessment.aids],
        decided_at=now,
    )
    insert_at_once(decision)
    audit.record(
        actor=actor,
        now=now,
        action="decide",
        subject=decision,
        data={"order_id": order_id, "held_fen": held_fen, "policy_version": assessment.policy_version},
    )
    note_decision(decision, cap_fen=assessment.cap_fen, now=now)
    failpoint("vouchers.hold.decided")
    return held_fen


def release(*, order_id: int, reason: str, actor: Actor, now: datetime) -> int:
    """Give back what an order holds because it was declined, cancelled or lapsed; returns what became free."""
    require_transaction()
    freed_fen = release_hold(order_id=order_id, actor=actor, now=now)
    end_aids(order_id=order_id, kind=StepKind.RELEASE, inputs={"ended_by": reason}, actor=actor, now=now)
    note_step(
        StepKind.RELEASE,
        order_id=order_id,
        claim_id=None,
        before_fen=freed_fen,
        after_fen=0,
        inputs={"ended_by": reason},
        now=now,
    )
    audit.record(
        actor=actor,
        now=now,
        action="release",
        subject=decision_of(order_id),
        data={"reason": reason, "freed_fen": freed_fen},
    )
    return freed_fen


def _require_same_cap(assessment: Assessment) -> None:
    """Keep changes of the user's group out until the transaction ends, and see that none came in between."""
    share_organisation(assessment.beneficiary_id)
    if accounts.cap_owner(assessment.beneficiary_id, assessment.judged_on) != assessment.cap_owner:
        raise RoomShrank
