"""What one person proposes about money and another decides: the steps all such proposals share (V3, V16(1), V21)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import inspect

from accounts.kinds import ChangeDecision
from accounts.states import PROPOSAL_TRANSITIONS, ProposalAction, ProposalState
from core import audit
from core.db import Model, require_transaction
from core.errors import Conflict, Refused, reason
from core.failpoints import failpoint
from core.permissions import Actor
from core.states import Transitions, apply
from settlement.models import AppropriationCorrection, Clawback, ClawbackProposal, Shortfall, ShortfallProposal
from settlement.queries.proposals import open_proposal
from settlement.rules.instalments import equal_parts, next_due
from settlement.states import CLAWBACK_TRANSITIONS, SHORTFALL_TRANSITIONS, ClawbackAction, ShortfallAction

Proposal = TypeVar("Proposal", ClawbackProposal, ShortfallProposal, AppropriationCorrection)
DebtProposal = ClawbackProposal | ShortfallProposal
Debt = Clawback | Shortfall
DebtAction = ClawbackAction | ShortfallAction


class ProposalOpen(Conflict):
    """Something else is proposed about this and not decided yet."""

    code = "debt_proposal_open"
    article = "V21"


class NothingOpen(Conflict):
    """Nothing is open of this debt, or all of it is being netted in a batch."""

    code = "debt_nothing_open"
    article = "V21"


class ProposalOwn(Conflict):
    """Nobody decides what he proposed himself."""

    code = "debt_proposal_own"
    article = "V21"


class DebtMoved(Conflict):
    """Another sum is open of the debt than when this was proposed."""

    code = "debt_moved"
    article = "V21"


class EntryCorrected(Conflict):
    """This entry is a correction, or was corrected already."""

    code = "entry_corrected"
    article = "V21"


class InstalmentsPast(Refused):
    """The first part of a plan is due today or later, and each is worth something."""

    code = "instalments_past"
    article = "V21"


def nothing_proposed(debt: Debt, *, article: str) -> None:
    """Raise :class:`ProposalOpen` where something is proposed about a locked debt and not decided yet."""
    if open_proposal(debt) is not None:
        raise ProposalOpen(article=article)


def propose(proposal: Proposal, *, about: Model, actor: Actor, now: datetime) -> Proposal:
    """Record a proposal about a locked record that nothing is proposed about."""
    proposal.state, proposal.opinion = PROPOSAL_TRANSITIONS.initial, ""
    proposal.proposed_at = now
    current = require_transaction()
    current.add(proposal)
    current.flush()
    failpoint("settlement.proposal.recorded")
    subject, number = about.__tablename__, inspect(about).identity or ()
    audit.record(
        actor=actor,
        now=now,
        action="propose",
        subject=proposal,
        to_state=proposal.state,
        data={"remedy": proposal.what.value, "amount_fen": proposal.amount_fen, f"{subject}_id": number[0]},
    )
    return proposal


def plan(proposal: DebtProposal, *, count: int, first_due_on: date, today: date) -> None:
    """Add the monthly parts of what is open to a recorded proposal. Raises :class:`InstalmentsPast`."""
    if first_due_on < today or count > proposal.amount_fen:
        raise InstalmentsPast(reasons=[reason("instalments_past", article=proposal.article, field="first_due_on")])
    parts = equal_parts(proposal.amount_fen, count=count, first_due_on=first_due_on)
    require_transaction().add_all(proposal.planned(parts))


def settle(
    proposal: Proposal, *, decision: ChangeDecision, opinion: str, still_fits: bool, actor: Actor, now: datetime
) -> bool:
    """Decide about a locked proposal; returns whether it is approved and is to be carried out.

    Raises :class:`ProposalOwn`, ``StateForbids`` and, where it does not fit any more, :class:`DebtMoved`.
    """
    if proposal.proposed_by == actor.user_id:
        raise ProposalOwn(article=proposal.article)
    approved = decision is ChangeDecision.APPROVE
    if approved and proposal.state is ProposalState.PROPOSED and not still_fits:
        raise DebtMoved(article=proposal.article)
    proposal.reviewed_by, proposal.reviewed_at, proposal.opinion = actor.user_id, now, opinion
    apply(
        proposal,
        ProposalAction.APPROVE if approved else ProposalAction.REFUSE,
        transitions=PROPOSAL_TRANSITIONS,
        actor=actor,
        now=now,
        data={"opinion": opinion, "amount_fen": proposal.amount_fen},
    )
    failpoint("settlement.proposal.decided")
    return approved


def agree_plan(proposal: DebtProposal, *, actor: Actor, now: datetime) -> None:
    """The locked debt is due part by part from now on; one of a user goes on to block until all of it is paid."""
    debt = proposal.debt
    follow_plan(debt, proposal)
    action = ClawbackAction.AGREE_PLAN if isinstance(debt, Clawback) else ShortfallAction.AGREE_PLAN
    move(debt, action, proposal.amount_fen, actor=actor, now=now)


def follow_plan(debt: Debt, plan: DebtProposal | None) -> None:
    """Have a locked debt due when the next part of its plan is, where it is paid in instalments."""
    if plan is not None:
        debt.due_on = next_due(plan.parts, plan.amount_fen - debt.open_fen) or debt.due_on
        failpoint("settlement.debt.planned")


def move(debt: Debt, action: DebtAction, amount_fen: int, *, actor: Actor, now: datetime, **said: Any) -> None:
    """Move a locked debt along the table of its kind; the audit entry tells the sum, and what else is said."""
    transitions: Transitions[Any] = CLAWBACK_TRANSITIONS if isinstance(debt, Clawback) else SHORTFALL_TRANSITIONS
    apply(debt, action, transitions=transitions, actor=actor, now=now, data={"amount_fen": amount_fen, **said})
