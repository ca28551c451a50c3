"""Use cases of appropriations that were entered wrongly: one person proposes the right sum, another decides (V3)."""

from __future__ import annotations

from datetime import datetime

from accounts.kinds import ChangeDecision
from core.db import transaction
from core.failpoints import failpoint
from core.permissions import Actor, authorise
from settlement import permissions
from settlement.models import AppropriationCorrection
from settlement.queries.funds import correction_of, find_appropriation, find_correction, find_fund, open_correction
from settlement.rules.funding import ENTERED
from settlement.service.funds import FundClosed
from settlement.steps.funds import ARTICLE, correct_appropriation, is_closed
from settlement.steps.proposals import EntryCorrected, ProposalOpen, propose, settle


def propose_correction(
    *, fund_id: int, appropriation_id: int, right_fen: int, cause: str, actor: Actor, now: datetime
) -> AppropriationCorrection:
    """Propose what an entry should have said (0: nothing was appropriated, or taken out).

    Raises ``FundMissing``, ``AppropriationMissing``, ``FundClosed``, ``EntryCorrected`` and ``ProposalOpen``.
    """
    with transaction():
        fund = find_fund(fund_id, lock=True)
        authorise(actor, permissions.may_open_fund, fund)
        wrong = find_appropriation(appropriation_id, fund_id=fund.id)
        if is_closed(fund.id):
            raise FundClosed(year=fund.year)
        if wrong.kind not in ENTERED or correction_of(wrong.id) is not None:
            raise EntryCorrected(article=ARTICLE)
        if open_correction(fund.id) is not None:
            raise ProposalOpen(article=ARTICLE)
        proposal = AppropriationCorrection(
            fund_id=fund.id,
            appropriation_id=wrong.id,
            amount_fen=right_fen,
            cause=cause,
            article=ARTICLE,
            proposed_by=actor.user_id,
        )
        return propose(proposal, about=fund, actor=actor, now=now)


def decide_correction(
    *, correction_id: int, decision: ChangeDecision, opinion: str, actor: Actor, now: datetime
) -> AppropriationCorrection:
    """Another person of the province decides; what is approved is posted at once, never below what is committed.

    Raises ``AppropriationCorrectionMissing``, ``ProposalOwn``, ``FundClosed``, ``FundTooSmall`` and ``StateForbids``.
    """
    with transaction():
        fund = find_fund(find_correction(correction_id).fund_id, lock=True)
        proposal = find_correction(correction_id, lock=True)
        authorise(actor, permissions.may_decide_closing, proposal)
        if not settle(proposal, decision=decision, opinion=opinion, still_fits=True, actor=actor, now=now):
            return proposal
        if is_closed(fund.id):
            raise FundClosed(year=fund.year)
        made = correct_appropriation(proposal.appropriation, fund, right_fen=proposal.amount_fen, actor=actor, now=now)
        failpoint("settlement.appropriation.corrected")
        proposal.transaction_id = made
        return proposal
