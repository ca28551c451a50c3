"""Writing proposed changes: groups that merge or split, teams that became enterprises."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import select

from accounts.models import Controller, ControllerChange, Membership, Organisation, TeamSuccession
from accounts.queries.groups import firms_of, lock_controllers
from accounts.queries.organisations import lock_organisation, organisation
from accounts.rules.groups import ChangeFacts
from accounts.states import (
    MEMBERSHIP_TRANSITIONS,
    PROPOSAL_TRANSITIONS,
    MembershipAction,
    ProposalAction,
)
from accounts.steps.memberships import user_id_of
from accounts.steps.standing import establish_controller, register_controller
from core import audit
from core.db import require_transaction
from core.errors import Busy
from core.permissions import Actor
from core.states import apply


class GroupMoving(Busy):
    """A firm joined or left the group at this very moment."""

    code = "group_moving"


def propose_change(facts: ChangeFacts, *, evidence: str, actor: Actor, now: datetime) -> ControllerChange:
    """Write a proposal without faults down."""
    change = ControllerChange(
        kind=facts.kind,
        state=PROPOSAL_TRANSITIONS.initial,
        controller_id=facts.controller_id,
        into_id=facts.into_id,
        new_name=facts.new_name,
        new_note=facts.new_note,
        organisation_ids=sorted(set(facts.leaving)),
        effective_on=facts.effective_on,
        evidence=evidence,
        proposed_by=user_id_of(actor),
        proposed_at=now,
        opinion="",
    )
    require_transaction().add(change)
    data = {
        "kind": facts.kind.value,
        "controller_id": facts.controller_id,
        "effective_on": facts.effective_on.isoformat(),
    }
    audit.record(actor=actor, now=now, action="propose", subject=change, to_state=change.state, data=data)
    return change


def propose_succession(
    *, team_id: int, enterprise_id: int, effective_on: date, evidence: str, actor: Actor, now: datetime
) -> TeamSuccession:
    """Write down that a team became an enterprise, for the bureau to decide."""
    succession = TeamSuccession(
        state=PROPOSAL_TRANSITIONS.initial,
        team_id=team_id,
        enterprise_id=enterprise_id,
        effective_on=effective_on,
        evidence=evidence,
        proposed_by=user_id_of(actor),
        proposed_at=now,
        opinion="",
    )
    require_transaction().add(succession)
    data = {"team_id": team_id, "enterprise_id": enterprise_id, "effective_on": effective_on.isoformat()}
    audit.record(actor=actor, now=now, action="propose", subject=succession, to_state=succession.state, data=data)
    return succession


def decide_proposal(
    proposal: ControllerChange | TeamSuccession, action: ProposalAction, *, opinion: str, actor: Actor, now: datetime
) -> None:
    """Approve or refuse a locked proposal, with the reviewer's opinion."""
    apply(proposal, action, transitions=PROPOSAL_TRANSITIONS, actor=actor, now=now, note=opinion)
    proposal.reviewed_by, proposal.reviewed_at, proposal.opinion = user_id_of(actor), now, opinion


def lock_proposed(controller_ids: Collection[int], organisation_ids: Collection[int]) -> None:
    """Have whoever proposes a change of the same groups or firms at this moment wait, and then see this one."""
    for each in sorted(set(organisation_ids)):
        lock_organisation(each)
    lock_controllers(controller_ids)


def lock_groups(change: ControllerChange) -> None:
    """Keep whoever places orders for the firms of the group, or puts further firms under it, out until the end.

    Raises :class:`GroupMoving` where a firm joined it at this very moment.
    """
    firms = _moving(change)
    for firm in firms:
        lock_organisation(firm)
    lock_controllers([each for each in (change.controller_id, change.into_id) if each is not None])
    if _moving(change) != firms:
        raise GroupMoving


def _moving(change: ControllerChange) -> list[int]:
    return list(change.organisation_ids) if change.controller_id is None else firms_of(change.controller_id)


def merge_groups(change: ControllerChange, *, actor: Actor, now: datetime) -> None:
    """Every firm of the absorbed controller continues under the other one from the day of the change."""
    current = require_transaction()
    absorbed, into = (current.get_one(Controller, each) for each in (change.controller_id, change.into_id))
    _move(firms_of(absorbed.id), into, change, actor=actor, now=now)
    absorbed.merged_into_id = into.id
    audit.record(actor=actor, now=now, action="merge", subject=absorbed, data={"into_id": into.id})


def split_group(change: ControllerChange, *, actor: Actor, now: datetime) -> Controller:
    """The firms named leave for a new controller from the day of the change; returns that one."""
    heir = register_controller(name=change.new_name, note=change.new_note, actor=actor, now=now)
    _move(change.organisation_ids, heir, change, actor=actor, now=now)
    change.into_id = heir.id
    return heir


def end_team(succession: TeamSuccession, *, actor: Actor, now: datetime) -> None:
    """The team's membership ends and the enterprise stands in its place; its claims under way go on."""
    current = require_transaction()
    team = current.get_one(Organisation, succession.team_id)
    team.successor_id = succession.enterprise_id
    membership = current.scalars(
        select(Membership).where(Membership.organisation_id == team.id).with_for_update()
    ).one()
    note = f"team_succession:{succession.id}"
    apply(membership, MembershipAction.END, transitions=MEMBERSHIP_TRANSITIONS, actor=actor, now=now, note=note)


def _move(
    organisation_ids: Sequence[int], target: Controller, change: ControllerChange, *, actor: Actor, now: datetime
) -> None:
    for firm in organisation_ids:
        establish_controller(
            organisation=organisation(firm),
            controller=target,
            since=change.effective_on,
            source=change.evidence,
            change_id=change.id,
            actor=actor,
            now=now,
        )
