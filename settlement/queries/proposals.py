"""Reads of what is proposed and decided about clawbacks and shortfalls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import Select, select

from accounts.states import ProposalState
from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from settlement.models import Clawback, ClawbackProposal, Payment, Recovery, Shortfall, ShortfallProposal
from settlement.queries.payments import PaymentMissing
from settlement.queries.scope import concerns_visible
from settlement.rules.remedies import Remedy

P = TypeVar("P", ClawbackProposal, ShortfallProposal)


class ProposalMissing(NotFound):
    """There is no such proposal for this actor."""

    code = "debt_proposal_missing"


class RecoveryMissing(NotFound):
    """There is no such recovery of this clawback."""

    code = "recovery_missing"


def visible_proposals(actor: Actor, *, state: ProposalState | None = None) -> Select[tuple[ClawbackProposal]]:
    """Proposals an actor may see: payees those about their own clawbacks, province, finance and auditor all."""
    found = (
        select(ClawbackProposal)
        .join(Clawback, Clawback.id == ClawbackProposal.clawback_id)
        .where(concerns_visible(actor, Clawback.payee_id))
    )
    return found if state is None else found.where(ClawbackProposal.state == state)


def visible_shortfall_proposals(
    actor: Actor, *, state: ProposalState | None = None
) -> Select[tuple[ShortfallProposal]]:
    """The same of shortfalls: debtors and creditors see their own."""
    found = (
        select(ShortfallProposal)
        .join(Shortfall, Shortfall.id == ShortfallProposal.shortfall_id)
        .where(concerns_visible(actor, Shortfall.debtor_id, Shortfall.creditor_id))
    )
    return found if state is None else found.where(ShortfallProposal.state == state)


def find_proposal(proposal_id: int, *, actor: Actor, lock: bool = False) -> ClawbackProposal:
    """The proposal about a clawback if the actor may see it; raises :class:`ProposalMissing`."""
    return _one_of(visible_proposals(actor), ClawbackProposal, proposal_id, lock=lock)


def find_shortfall_proposal(proposal_id: int, *, actor: Actor, lock: bool = False) -> ShortfallProposal:
    """The same of a shortfall."""
    return _one_of(visible_shortfall_proposals(actor), ShortfallProposal, proposal_id, lock=lock)


def proposals_about(debt: Clawback | Shortfall) -> Sequence[ClawbackProposal | ShortfallProposal]:
    """Everything that was proposed about a debt, the earliest first."""
    if isinstance(debt, Clawback):
        about = select(ClawbackProposal).where(ClawbackProposal.clawback_id == debt.id)
        return session().scalars(about.order_by(ClawbackProposal.id)).all()
    found = select(ShortfallProposal).where(ShortfallProposal.shortfall_id == debt.id)
    return session().scalars(found.order_by(ShortfallProposal.id)).all()


def open_proposal(debt: Clawback | Shortfall) -> ClawbackProposal | ShortfallProposal | None:
    """What waits to be decided about a debt, if anything."""
    return next((each for each in proposals_about(debt) if each.state is ProposalState.PROPOSED), None)


def plan_of(debt: Clawback | Shortfall) -> ClawbackProposal | ShortfallProposal | None:
    """The plan by which a debt is paid: the latest that was approved."""
    approved = [
        each
        for each in proposals_about(debt)
        if each.state is ProposalState.APPROVED and each.remedy is Remedy.INSTALMENTS
    ]
    return approved[-1] if approved else None


def find_recovery(recovery_id: int, *, clawback_id: int) -> Recovery:
    """A recovery of a clawback; raises :class:`RecoveryMissing`."""
    found = select(Recovery).where(Recovery.id == recovery_id, Recovery.clawback_id == clawback_id)
    recovery = session().scalar(found)
    if recovery is None:
        raise RecoveryMissing
    return recovery


def find_shortfall_payment(payment_id: int, *, shortfall_id: int) -> Payment:
    """A payment of a shortfall; raises ``PaymentMissing``."""
    found = select(Payment).where(Payment.id == payment_id, Payment.shortfall_id == shortfall_id)
    payment = session().scalar(found)
    if payment is None:
        raise PaymentMissing
    return payment


def is_corrected(recovery_id: int) -> bool:
    """Whether a recovery was taken back already."""
    return session().scalar(select(Recovery.id).where(Recovery.corrects_id == recovery_id)) is not None


def _one_of(visible: Select[tuple[P]], model: type[P], proposal_id: int, *, lock: bool) -> P:
    found = visible.where(model.id == proposal_id)
    if lock:
        found = found.with_for_update(of=model).execution_options(populate_existing=True)
    proposal = session().scalar(found)
    if proposal is None:
        raise ProposalMissing
    return proposal
