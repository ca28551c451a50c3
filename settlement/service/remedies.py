"""Use cases of what two persons decide about a clawback: one of finance or the province proposes, another decides."""

from __future__ import annotations

from datetime import date, datetime

from accounts.kinds import ChangeDecision
from core import clock
from core.db import transaction
from core.permissions import Actor, authorise
from settlement import permissions
from settlement.models import Clawback, ClawbackProposal
from settlement.queries.clawbacks import find_clawback
from settlement.queries.proposals import find_proposal, find_recovery, is_corrected
from settlement.rules.remedies import Remedy
from settlement.states import ClawbackState
from settlement.steps.clawbacks import ARTICLE
from settlement.steps.proposals import EntryCorrected, NothingOpen, agree_plan, nothing_proposed, plan, propose, settle
from settlement.steps.remedies import correct_recovery, write_off


def propose_write_off(*, clawback_id: int, cause: str, actor: Actor, now: datetime) -> ClawbackProposal:
    """Propose that what is open is written off.

    Raises ``ClawbackMissing``, ``ProposalOpen`` and ``NothingOpen``.
    """
    with transaction():
        clawback = _open(clawback_id, actor=actor)
        proposal = _about(clawback, Remedy.WRITE_OFF, clawback.open_fen, cause=cause, actor=actor)
        return propose(proposal, about=clawback, actor=actor, now=now)


def propose_instalments(
    *, clawback_id: int, count: int, first_due_on: date, cause: str, actor: Actor, now: datetime
) -> ClawbackProposal:
    """Propose that what is open is paid back in monthly parts.

    Raises ``ClawbackMissing``, ``ProposalOpen``, ``NothingOpen`` and ``InstalmentsPast``.
    """
    with transaction():
        clawback = _open(clawback_id, actor=actor)
        proposal = _about(clawback, Remedy.INSTALMENTS, clawback.open_fen, cause=cause, actor=actor)
        propose(proposal, about=clawback, actor=actor, now=now)
        plan(proposal, count=count, first_due_on=first_due_on, today=clock.today(now))
        return proposal


def propose_correction(
    *, clawback_id: int, recovery_id: int, right_fen: int, cause: str, actor: Actor, now: datetime
) -> ClawbackProposal:
    """Propose that a wrong entry of what came back is reversed and the right sum entered (0: nothing came).

    Raises ``ClawbackMissing``, ``RecoveryMissing``, ``EntryCorrected`` and ``ProposalOpen``.
    """
    with transaction():
        clawback = find_clawback(clawback_id, actor=actor, lock=True)
        authorise(actor, permissions.may_propose_remedy, clawback)
        wrong = find_recovery(recovery_id, clawback_id=clawback.id)
        if wrong.amount_fen < 0 or is_corrected(wrong.id):
            raise EntryCorrected
        nothing_proposed(clawback, article=ARTICLE)
        proposal = _about(clawback, Remedy.CORRECTION, right_fen, cause=cause, actor=actor)
        proposal.recovery_id = wrong.id
        return propose(proposal, about=clawback, actor=actor, now=now)


def decide(
    *, proposal_id: int, decision: ChangeDecision, opinion: str, actor: Actor, now: datetime
) -> ClawbackProposal:
    """Another person decides; what is approved takes effect at once.

    Raises ``ProposalMissing``, ``ProposalOwn``, ``DebtMoved``, ``RecoverySpent``, ``RecoveryTooLarge`` and
    ``StateForbids``.
    """
    with transaction():
        clawback = find_clawback(find_proposal(proposal_id, actor=actor).clawback_id, actor=actor, lock=True)
        proposal = find_proposal(proposal_id, actor=actor, lock=True)
        authorise(actor, permissions.may_decide_remedy, proposal)
        fits = _still_fits(proposal, clawback)
        if settle(proposal, decision=decision, opinion=opinion, still_fits=fits, actor=actor, now=now):
            _carry_out(proposal, actor=actor, now=now)
        return proposal


def _carry_out(proposal: ClawbackProposal, *, actor: Actor, now: datetime) -> None:
    match proposal.remedy:
        case Remedy.WRITE_OFF:
            write_off(proposal, actor=actor, now=now)
        case Remedy.INSTALMENTS:
            agree_plan(proposal, actor=actor, now=now)
        case Remedy.CORRECTION if proposal.recovery is not None:
            correct_recovery(proposal, proposal.recovery, actor=actor, now=now)


def _still_fits(proposal: ClawbackProposal, clawback: Clawback) -> bool:
    """What is open is what was proposed about, and no batch nets any of it."""
    if proposal.remedy is Remedy.CORRECTION:
        return True
    return clawback.open_fen == proposal.amount_fen and clawback.netting_fen == 0


def _open(clawback_id: int, *, actor: Actor) -> Clawback:
    clawback = find_clawback(clawback_id, actor=actor, lock=True)
    authorise(actor, permissions.may_propose_remedy, clawback)
    if clawback.state is not ClawbackState.OPEN or clawback.netting_fen:
        raise NothingOpen
    nothing_proposed(clawback, article=ARTICLE)
    return clawback


def _about(clawback: Clawback, remedy: Remedy, amount_fen: int, *, cause: str, actor: Actor) -> ClawbackProposal:
    return ClawbackProposal(
        clawback_id=clawback.id,
        remedy=remedy,
        amount_fen=amount_fen,
        cause=cause,
        article=ARTICLE,
        proposed_by=actor.user_id,
    )
