"""Teams that become enterprises keep their history: their use follows them into the firm (V12 D)."""

from __future__ import annotations

from datetime import date, datetime

from accounts import queries as accounts
from accounts.kinds import ChangeDecision, OrganisationKind
from accounts.models import TeamSuccession
from accounts.permissions import may_propose_succession, may_review_succession
from accounts.queries.groups import enterprise_by_code, find_succession, live_succession, lock_controllers
from accounts.queries.organisations import find_organisation, lock_organisation
from accounts.rules.groups import decision_faults
from accounts.states import PROPOSAL_TRANSITIONS
from accounts.steps.groups import decide_proposal, end_team, propose_succession
from core import clock
from core.db import transaction
from core.errors import Conflict, Reason, Refused, reason, refuse_all
from core.permissions import Actor, authorise
from core.states import allowed_target
from settlement.steps import merge_caps
from vouchers.queries.group_caps import caps_in_force
from vouchers.service.groups import ACTIONS, ProposerDecides

ARTICLE = "V12 cap"


class SuccessionRefused(Refused):
    """The succession cannot be made like this; every fault is named."""

    code = "succession_refused"


class SuccessionExists(Conflict):
    """It is proposed or approved already that this team became an enterprise."""

    code = "succession_exists"
    article = "V12 cap"


def propose(
    *, team_id: int, enterprise_uscc: str, effective_on: date, evidence: str, actor: Actor, now: datetime
) -> TeamSuccession:
    """Its incubator says which approved enterprise a team became.

    Raises ``OrganisationMissing``, :class:`SuccessionExists` and :class:`SuccessionRefused`.
    """
    with transaction():
        team = find_organisation(team_id, actor=actor)
        if team.kind is not OrganisationKind.TEAM:
            raise SuccessionRefused(reasons=[reason("succession_of_team", article="V9", field="team_id")])
        authorise(actor, may_propose_succession, team)
        lock_organisation(team.id)
        if live_succession(team.id) is not None:
            raise SuccessionExists
        enterprise = enterprise_by_code(enterprise_uscc)
        if enterprise is None or not accounts.is_approved_member(enterprise.id, on=clock.today(now)):
            fault = reason("successor_no_member", article="V15", field="enterprise_uscc")
            raise SuccessionRefused(reasons=[fault])
        return propose_succession(
            team_id=team.id,
            enterprise_id=enterprise.id,
            effective_on=effective_on,
            evidence=evidence,
            actor=actor,
            now=now,
        )


def review(
    *, succession_id: int, decision: ChangeDecision, opinion: str, actor: Actor, now: datetime
) -> TeamSuccession:
    """The bureau of the team's city approves it with the evidence, or refuses.

    Approved: the team's membership ends, what it held and used in that year and later ones counts on the cap its firm
    uses today, and the firm sees the team's orders and claims; those under way go on and are paid to the team's
    verified account as before. Raises :class:`ProposerDecides`, :class:`SuccessionRefused`.
    """
    with transaction():
        succession = find_succession(succession_id, actor=actor, lock=True)
        authorise(actor, may_review_succession, succession.team)
        allowed_target(succession.state, ACTIONS[decision], transitions=PROPOSAL_TRANSITIONS)
        if actor.user_id == succession.proposed_by:
            raise ProposerDecides(reasons=[reason("proposer_decides", article=ARTICLE)])
        if decision is ChangeDecision.APPROVE:
            _carry_out(succession, actor=actor, now=now)
        decide_proposal(succession, ACTIONS[decision], opinion=opinion, actor=actor, now=now)
        return succession


def _carry_out(succession: TeamSuccession, *, actor: Actor, now: datetime) -> None:
    today = clock.today(now)
    for each in sorted((succession.team_id, succession.enterprise_id)):
        lock_organisation(each)
    controlling = accounts.controller_id(succession.enterprise_id, today)
    if controlling is not None:
        lock_controllers([controlling], share=True)
    refuse_all(_faults(succession, today=today), error=SuccessionRefused)
    end_team(succession, actor=actor, now=now)
    merge_caps(
        source=succession.source,
        absorbed=accounts.cap_owner(succession.team_id, today),
        into=accounts.cap_owner(succession.enterprise_id, today),
        from_year=succession.effective_on.year,
        caps=caps_in_force(today),
        actor=actor,
        now=now,
    )


def _faults(succession: TeamSuccession, *, today: date) -> list[Reason]:
    faults = decision_faults(effective_on=succession.effective_on, today=today)
    if not accounts.is_approved_member(succession.enterprise_id, on=today):
        faults.append(reason("successor_no_member", article="V15", field="enterprise_id"))
    return faults
