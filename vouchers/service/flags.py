"""What reviewers find about the flags of a claim, and looking again for what appeared since it was handed in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from accounts.permissions import Role
from core.db import transaction
from core.errors import Refused, reason
from core.permissions import SYSTEM, Actor, authorise
from core.states import apply, state_refusal
from vouchers.models import Claim, ClaimFlag
from vouchers.permissions import may_find_flags
from vouchers.queries.claims import find_claim
from vouchers.queries.flags import find_flag
from vouchers.service.reviews import require_decider
from vouchers.states import CLAIM, FLAG, ClaimState, FlagAction
from vouchers.steps.flags import ABUSE, EXAMINED, raise_flags

DECIDING = {
    Role.CITY_BUREAU: (ClaimState.SUBMITTED, ClaimState.SENT_BACK),
    Role.PROVINCE: (ClaimState.SUMMARISED,),
}
"""Where the claim must be for a role to find anything: the city while it reviews, the province about what was raised
since."""


class FlagFinding(StrEnum):
    """What a reviewer finds about a flag."""

    UPHELD = "upheld"
    CLEARED = "cleared"


ACTIONS = {FlagFinding.UPHELD: FlagAction.UPHOLD, FlagFinding.CLEARED: FlagAction.CLEAR}


class FindingRefused(Refused):
    """A finding about a flag needs its reason."""

    code = "finding_refused"


def may_decide(claim: Claim, *, actor: Actor) -> bool:
    """Whether the actor may find anything about the flags of a claim where it stands now."""
    return may_find_flags(actor) and claim.state in DECIDING[Role(actor.role)] and actor.user_id != claim.submitted_by


def find(
    *, claim_id: int, flag_id: int, finding: FlagFinding, reason_given: str, actor: Actor, now: datetime
) -> ClaimFlag:
    """Uphold or clear a flag with a reason; as long as the claim is under review a finding may be revised.

    Nothing else changes by it: what follows from an upheld flag is the review's to decide. Raises
    :class:`FindingRefused`, what keeps the actor from deciding about the claim at all, and core.states.StateForbids.
    """
    with transaction():
        claim = find_claim(claim_id, actor=actor, lock=True)
        authorise(actor, may_find_flags, claim)
        flag = find_flag(claim, flag_id, lock=True)
        if claim.state not in DECIDING[Role(actor.role)]:
            raise state_refusal(claim.state, "find", transitions=CLAIM)
        require_decider(claim, claim.submitted_by, actor=actor, now=now)
        if not reason_given.strip():
            raise FindingRefused(reasons=[reason("finding_without_reason", article=ABUSE, field="reason")])
        flag.finding, flag.decided_by, flag.decided_at = reason_given, actor.user_id, now
        data = {"claim_id": claim.id, "kind": flag.kind.value}
        apply(flag, ACTIONS[finding], transitions=FLAG, actor=actor, now=now, note=reason_given, data=data)
        return flag


def look_again(*, claim_id: int, now: datetime) -> int:
    """Raise what appeared about a claim since it was handed in; returns how many flags are new."""
    with transaction():
        claim: Claim = find_claim(claim_id, actor=SYSTEM, lock=True)
        return len(raise_flags(claim, actor=SYSTEM, now=now)) if claim.state in EXAMINED else 0
