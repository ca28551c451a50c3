"""Why a claim is worth what it is: the frozen decision, judged again from its facts and policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core import policy
from core.permissions import Actor
from vouchers.models import Claim, EntitlementDecision
from vouchers.permissions import may_read_users_facts
from vouchers.queries.claims import find_claim
from vouchers.rules.decision import Decision, decide
from vouchers.rules.facts import Case
from vouchers.rules.frozen import thaw, without_user


@dataclass(frozen=True)
class Explanation:
    """A decision as it was taken, and as the same facts are judged by the policy as it is written today.

    Without ``tells_of_user`` its reader may not know the user's own facts; ``facts`` and ``cap_room_fen`` are cut then.
    """

    claim: Claim
    decision: EntitlementDecision
    case: Case
    replayed: Decision
    tells_of_user: bool

    @property
    def facts(self) -> dict[str, Any]:
        """What the decision rests on."""
        return self.decision.facts if self.tells_of_user else without_user(self.decision.facts)

    @property
    def cap_room_fen(self) -> int | None:
        """What was left of the cap."""
        return self.decision.cap_room_fen if self.tells_of_user else None

    @property
    def rate(self) -> str | None:
        """The rate as the policy writes it, with two decimals or as many as it needs."""
        rate = self.decision.rate
        if rate is None:
            return None
        return f"{rate:.2f}" if rate == round(rate, 2) else f"{rate.normalize():f}"

    @property
    def differences(self) -> list[str]:
        """Names of what comes out differently today; empty while the policy of that day is unchanged."""
        taken, again = self.decision, self.replayed
        pairs = {
            "policy_version": (taken.policy_version, again.policy_version),
            "eligible": (taken.eligible, again.eligible),
            "rate": (taken.rate, again.rate),
            "entitlement_fen": (taken.entitlement_fen, again.entitlement_fen),
            "subsidy_fen": (taken.held_fen, again.subsidy_fen),
        }
        return [name for name, (before, now) in pairs.items() if before != now]


def explain(claim_id: int, *, actor: Actor) -> Explanation:
    """The explanation of a claim the actor may see; raises ClaimMissing."""
    claim = find_claim(claim_id, actor=actor)
    case = thaw(claim.decision.facts)
    return Explanation(
        claim=claim,
        decision=claim.decision,
        case=case,
        replayed=decide(case, pack=policy.current()),
        tells_of_user=may_read_users_facts(actor),
    )
