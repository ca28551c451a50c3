"""Use cases of what two persons decide about a shortfall: the provider it is owed to proposes, an office decides."""

from __future__ import annotations

from datetime import date, datetime

from accounts.kinds import ChangeDecision
from core import clock
from core.db import transaction
from core.permissions import Actor, authorise
from settlement import permissions
from settlement.models import Shortfall, ShortfallProposal
from settlement.queries.proposals import find_shortfall_payment, find_shortfall_proposal
from settlement.queries.trade import find_shortfall
from settlement.rules.methods import PaymentMethod
from settlement.rules.remedies import Remedy
from settlement.states import PaymentState, ShortfallState
from settlement.steps.deductions import DEDUCTION_ARTICLE
from settlement.steps.proposals import EntryCorrected, NothingOpen, agree_plan, nothing_proposed, plan, propose, settle
from settlement.steps.shortfall_remedies import correct_payment, write_off


def propose_write_off(*, shortfall_id: int, cause: str, actor: Actor, now: datetime) -> ShortfallProposal:
    """The provider gives up what is open.

    Raises ``ShortfallMissing``, ``ProposalOpen`` and ``NothingOpen``.
    """
    with transaction():
        shortfall = _open(shortfall_id, actor=actor)
        proposal = _about(shortfall, Remedy.WRITE_OFF, shortfall.open_fen, cause=cause, actor=actor)
        return propose(proposal, about=shortfall, actor=actor, now=now)


def propose_instalments(
    *, shortfall_id: int, count: int, first_due_on: date, cause: str, actor: Actor, now: datetime
) -> ShortfallProposal:
    """The provider has what is open paid in monthly parts.

    Raises ``ShortfallMissing``, ``ProposalOpen``, ``NothingOpen`` and ``InstalmentsPast``.
    """
    with transaction():
        shortfall = _open(shortfall_id, actor=actor)
        proposal = _about(shortfall, Remedy.INSTALMENTS, shortfall.open_fen, cause=cause, actor=actor)
        propose(proposal, about=shortfall, actor=actor, now=now)
        plan(proposal, count=count, first_due_on=first_due_on, today=clock.today(now))
        return proposal


def propose_correction(
    *, shortfall_id: int, payment_id: int, right_fen: int, cause: str, actor: Actor, now: datetime
) -> ShortfallProposal:
    """The provider confirmed a transfer wrongly: it is reversed and the right sum entered (0: nothing came).

    Raises ``ShortfallMissing``, ``PaymentMissing``, ``EntryCorrected`` and ``ProposalOpen``.
    """
    with transaction():
        shortfall = find_shortfall(shortfall_id, actor=actor, lock=True)
        authorise(actor, permissions.its_creditor, shortfall)
        wrong = find_shortfall_payment(payment_id, shortfall_id=shortfall.id)
        if wrong.method is not PaymentMethod.BANK_TRANSFER or wrong.state is not PaymentState.SUCCEEDED:
            raise EntryCorrected(article=DEDUCTION_ARTICLE)
        nothing_proposed(shortfall, article=DEDUCTION_ARTICLE)
        proposal = _about(shortfall, Remedy.CORRECTION, right_fen, cause=cause, actor=actor)
        proposal.payment_id = wrong.id
        return propose(proposal, about=shortfall, actor=actor, now=now)


def decide(
    *, proposal_id: int, decision: ChangeDecision, opinion: str, actor: Actor, now: datetime
) -> ShortfallProposal:
    """An office decides; what is approved takes effect at once.

    Raises ``ProposalMissing``, ``ProposalOwn``, ``DebtMoved``, ``PaymentTooLarge`` and ``StateForbids``.
    """
    with transaction():
        named = find_shortfall_proposal(proposal_id, actor=actor)
        shortfall = find_shortfall(named.shortfall_id, actor=actor, lock=True)
        proposal = find_shortfall_proposal(proposal_id, actor=actor, lock=True)
        authorise(actor, permissions.may_decide_remedy, proposal)
        fits = proposal.remedy is Remedy.CORRECTION or shortfall.open_fen == proposal.amount_fen
        if settle(proposal, decision=decision, opinion=opinion, still_fits=fits, actor=actor, now=now):
            _carry_out(proposal, actor=actor, now=now)
        return proposal


def _carry_out(proposal: ShortfallProposal, *, actor: Actor, now: datetime) -> None:
    match proposal.remedy:
        case Remedy.WRITE_OFF:
            write_off(proposal, actor=actor, now=now)
        case Remedy.INSTALMENTS:
            agree_plan(proposal, actor=actor, now=now)
        case Remedy.CORRECTION if proposal.payment is not None:
            correct_payment(proposal, proposal.payment, actor=actor, now=now)


def _open(shortfall_id: int, *, actor: Actor) -> Shortfall:
    shortfall = find_shortfall(shortfall_id, actor=actor, lock=True)
    authorise(actor, permissions.its_creditor, shortfall)
    if shortfall.state is not ShortfallState.OPEN:
        raise NothingOpen(article=DEDUCTION_ARTICLE)
    nothing_proposed(shortfall, article=DEDUCTION_ARTICLE)
    return shortfall


def _about(shortfall: Shortfall, remedy: Remedy, amount_fen: int, *, cause: str, actor: Actor) -> ShortfallProposal:
    return ShortfallProposal(
        shortfall_id=shortfall.id,
        remedy=remedy,
        amount_fen=amount_fen,
        cause=cause,
        article=DEDUCTION_ARTICLE,
        proposed_by=actor.user_id,
    )
