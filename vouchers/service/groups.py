"""Groups that merge or split in mid-year, and firms whose controller is named, with what they used (V12 cap).

Proposed by a city's bureau or the province, decided by another person of the province. Merging adds both groups' use of
the year the change takes effect in and of later years; splitting gives no room back. A firm whose controller was not
known brings its own use along; one that changes from a controller to another gains no room, as in a split, and is
flagged.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from accounts.kinds import ChangeDecision
from accounts.models import ControllerChange
from accounts.permissions import may_enter_standing, may_propose_group_change, may_review_group_change
from accounts.queries.controllers import ControllerMissing, find_controller, find_controller_in_sight
from accounts.queries.groups import (
    controls_in_sight,
    facts_about,
    facts_of,
    find_group_change,
    open_group_change,
    open_naming,
)
from accounts.queries.organisations import find_organisation, organisation
from accounts.rules.groups import change_faults, decision_faults
from accounts.rules.standing import ControllerName
from accounts.states import PROPOSAL_TRANSITIONS, ChangeKind, ProposalAction
from accounts.steps.groups import (
    decide_proposal,
    lock_groups,
    lock_proposed,
    merge_groups,
    propose_change,
    split_group,
)
from accounts.steps.standing import named_controller
from core import clock
from core.db import transaction
from core.errors import Conflict, Forbidden, Refused, reason, refuse_all
from core.permissions import Actor, authorise
from core.states import allowed_target
from settlement.steps import carry_caps, merge_caps
from vouchers.queries.group_caps import caps_in_force, controller_cap
from vouchers.steps.naming import name_controller

ARTICLE = "V12 cap"
ACTIONS = {ChangeDecision.APPROVE: ProposalAction.APPROVE, ChangeDecision.REFUSE: ProposalAction.REFUSE}


class GroupChangeRefused(Refused):
    """The change cannot be made like this; every fault is named."""

    code = "group_change_refused"


class GroupChangeOpen(Conflict):
    """Another change of this controller waits for its decision."""

    code = "group_change_open"
    article = "V12 cap"


class ProposerDecides(Forbidden):
    """Who proposed a change does not decide it."""

    code = "proposer_decides"


def propose(
    *,
    kind: ChangeKind,
    controller_id: int | None,
    into_id: int | None,
    new_name: str,
    new_note: str,
    organisation_ids: Sequence[int],
    effective_on: date,
    evidence: str,
    actor: Actor,
    now: datetime,
) -> ControllerChange:
    """Propose that two groups become one, that some firms leave one for a new controller, or who controls a firm.

    A city proposes about groups that have a firm of its own, and about its own firms; others are missing to it (V6).
    Raises ``ControllerMissing``, ``OrganisationMissing``, :class:`GroupChangeOpen` and :class:`GroupChangeRefused`.
    """
    with transaction():
        authorise(actor, may_propose_group_change)
        named = [each for each in (controller_id, into_id) if each is not None]
        for each in named:
            find_controller(each)
        if kind is ChangeKind.NAMING:
            _require_own_firms(organisation_ids, into_id, actor)
        elif controller_id is not None and not controls_in_sight(actor, [controller_id]):
            raise ControllerMissing
        lock_proposed(named, organisation_ids)
        if open_group_change(named) is not None or any(open_naming(each) for each in organisation_ids):
            raise GroupChangeOpen
        facts = facts_about(
            kind=kind,
            controller_id=controller_id,
            into_id=into_id,
            new_name=new_name.strip(),
            new_note=new_note.strip(),
            organisation_ids=organisation_ids,
            effective_on=effective_on,
        )
        refuse_all(change_faults(facts), error=GroupChangeRefused)
        return propose_change(facts, evidence=evidence, actor=actor, now=now)


def review(*, change_id: int, decision: ChangeDecision, opinion: str, actor: Actor, now: datetime) -> ControllerChange:
    """Approve a proposed change, which carries it out, or refuse it; by another person than its proposer.

    Approved on its day or later only. Raises :class:`ProposerDecides`, :class:`GroupChangeRefused` and settlement's
    ``OwnerAbsorbed``.
    """
    with transaction():
        change = find_group_change(change_id, actor=actor, lock=True)
        authorise(actor, may_review_group_change, change)
        allowed_target(change.state, ACTIONS[decision], transitions=PROPOSAL_TRANSITIONS)
        if actor.user_id == change.proposed_by:
            raise ProposerDecides(reasons=[reason("proposer_decides", article=ARTICLE)])
        if decision is ChangeDecision.APPROVE:
            _carry_out(change, actor=actor, now=now)
        decide_proposal(change, ACTIONS[decision], opinion=opinion, actor=actor, now=now)
        return change


def _carry_out(change: ControllerChange, *, actor: Actor, now: datetime) -> None:
    """New tenures from the day of the change, and the caps of its year and later ones."""
    lock_groups(change)
    today = clock.today(now)
    faults = [*change_faults(facts_of(change)), *decision_faults(effective_on=change.effective_on, today=today)]
    refuse_all(faults, error=GroupChangeRefused)
    if change.controller_id is None:
        _name(change, actor=actor, now=now)
        return
    left, caps = controller_cap(change.controller_id), caps_in_force(today)
    if change.kind is ChangeKind.MERGE and change.into_id is not None:
        merge_groups(change, actor=actor, now=now)
        merge_caps(
            source=change.source,
            absorbed=left,
            into=controller_cap(change.into_id),
            from_year=change.effective_on.year,
            caps=caps,
            actor=actor,
            now=now,
        )
    else:
        heir = split_group(change, actor=actor, now=now)
        carry_caps(
            source=change.source,
            left=left,
            heir=controller_cap(heir.id),
            from_year=change.effective_on.year,
            caps=caps,
            actor=actor,
            now=now,
        )


def _name(change: ControllerChange, *, actor: Actor, now: datetime) -> None:
    """The firm comes under the controller that is meant, who is known by number from then on."""
    meant = ControllerName(controller_id=change.into_id, name=change.new_name, note=change.new_note)
    controller = named_controller(meant, actor=actor, now=now)
    for firm in change.organisation_ids:
        name_controller(
            organisation=organisation(firm),
            controller=controller,
            since=change.effective_on,
            source=change.evidence,
            change_id=change.id,
            actor=actor,
            now=now,
        )
    change.into_id = controller.id


def _require_own_firms(organisation_ids: Sequence[int], into_id: int | None, actor: Actor) -> None:
    for each in organisation_ids:
        authorise(actor, may_enter_standing, find_organisation(each, actor=actor))
    if into_id is not None:
        find_controller_in_sight(into_id, actor=actor)
