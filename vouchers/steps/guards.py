"""Refusing early what a claim's state or its claimant forbids."""

from __future__ import annotations

from accounts.permissions import Role
from core.errors import Forbidden, reason
from core.permissions import Actor
from core.states import StateForbids, allowed_target
from vouchers.models import Claim
from vouchers.permissions import is_claimant
from vouchers.states import CLAIM, ClaimAction

TEAM = "V16 team"
PARTY = "V16"


class NotTheClaimant(Forbidden):
    """Another party hands this claim in: the provider in direct deduction, the incubator for a team."""

    code = "not_the_claimant"


class MaterialsClosed(StateForbids):
    """Materials are added only to a draft or a returned claim."""

    code = "materials_closed"


def require_claimant(actor: Actor, claim: Claim) -> None:
    """Raise :class:`NotTheClaimant` unless the actor hands this claim in."""
    if is_claimant(actor, claim):
        return
    if actor.role == Role.TEAM:
        raise NotTheClaimant(reasons=[reason("team_hands_in_by_incubator", article=TEAM)])
    raise NotTheClaimant(reasons=[reason("other_party_claims", article=PARTY)])


def require_action(claim: Claim, action: ClaimAction) -> None:
    """Raise core.states.StateForbids where the state does not allow the action, before anything else is judged."""
    allowed_target(claim.state, action, transitions=CLAIM)
