"""Write-offs, instalments and corrections of clawbacks over HTTP (V21)."""

from __future__ import annotations

from typing import Any

from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from settlement import permissions
from settlement.api.debts import clawbacks
from settlement.models import ClawbackProposal
from settlement.queries.clawbacks import ClawbackMissing
from settlement.queries.proposals import ProposalMissing, RecoveryMissing, find_proposal, visible_proposals
from settlement.schemas.remedies import (
    CauseSchema,
    ClawbackProposalSchema,
    NewCorrectionSchema,
    NewInstalmentsSchema,
    RemedyQuerySchema,
    RemedyReviewSchema,
)
from settlement.service import remedies as service
from settlement.steps.clawbacks import RecoveryTooLarge
from settlement.steps.proposals import (
    DebtMoved,
    EntryCorrected,
    InstalmentsPast,
    NothingOpen,
    ProposalOpen,
    ProposalOwn,
)
from settlement.steps.remedies import RecoverySpent

proposals = Blueprint(
    "clawback-proposals",
    __name__,
    url_prefix="/clawback-proposals",
    description="What two persons decide about clawbacks.",
)


@clawbacks.route("/<int:clawback_id>/write-off", methods=["POST"])
@allow(permissions.may_propose_remedy)
@problems(ClawbackMissing, ProposalOpen, NothingOpen)
@idempotent
@clawbacks.arguments(CauseSchema)
@clawbacks.response(201, ClawbackProposalSchema)
def propose_write_off(given: dict[str, Any], clawback_id: int) -> ClawbackProposal:
    """Propose a write-off

    Of all that is open. Another person decides; nothing is written off before.
    """
    return service.propose_write_off(clawback_id=clawback_id, **given, actor=current_actor(), now=clock.now())


@clawbacks.route("/<int:clawback_id>/instalments", methods=["POST"])
@allow(permissions.may_propose_remedy)
@problems(ClawbackMissing, ProposalOpen, NothingOpen, InstalmentsPast)
@idempotent
@clawbacks.arguments(NewInstalmentsSchema)
@clawbacks.response(201, ClawbackProposalSchema)
def propose_instalments(given: dict[str, Any], clawback_id: int) -> ClawbackProposal:
    """Propose instalments

    Monthly parts of all that is open. Once another person agreed, the clawback is due part by part.
    """
    return service.propose_instalments(clawback_id=clawback_id, **given, actor=current_actor(), now=clock.now())


@clawbacks.route("/<int:clawback_id>/corrections", methods=["POST"])
@allow(permissions.may_propose_remedy)
@problems(ClawbackMissing, RecoveryMissing, EntryCorrected, ProposalOpen)
@idempotent
@clawbacks.arguments(NewCorrectionSchema)
@clawbacks.response(201, ClawbackProposalSchema)
def propose_correction(given: dict[str, Any], clawback_id: int) -> ClawbackProposal:
    """Propose to correct a recovery

    Once another person agreed, the wrong entry is reversed and the right one made.
    """
    return service.propose_correction(clawback_id=clawback_id, **given, actor=current_actor(), now=clock.now())


@proposals.route("", methods=["GET"])
@allow(permissions.may_read_clawbacks)
@proposals.arguments(RemedyQuerySchema, location="query")
@proposals.response(200, page_schema(ClawbackProposalSchema))
def list_proposals(given: dict[str, Any]) -> dict[str, Any]:
    """What is proposed about clawbacks

    Payees see what is about their own.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    return page_of(visible_proposals(current_actor(), **given), cursor=cursor, limit=limit, key=ClawbackProposal.id)


@proposals.route("/<int:proposal_id>", methods=["GET"])
@allow(permissions.may_read_clawbacks)
@problems(ProposalMissing)
@proposals.response(200, ClawbackProposalSchema)
def show_proposal(proposal_id: int) -> ClawbackProposal:
    """A proposal

    With its plan, and what the decision rests on.
    """
    return find_proposal(proposal_id, actor=current_actor())


@proposals.route("/<int:proposal_id>/decision", methods=["POST"])
@allow(permissions.may_decide_remedy)
@problems(ProposalMissing, ProposalOwn, DebtMoved, RecoverySpent, RecoveryTooLarge, StateForbids)
@idempotent
@proposals.arguments(RemedyReviewSchema)
@proposals.response(201, ClawbackProposalSchema)
def decide_proposal(given: dict[str, Any], proposal_id: int) -> ClawbackProposal:
    """Decide a proposal

    By another person than the one who made it. What is approved takes effect at once.
    """
    return service.decide(proposal_id=proposal_id, **given, actor=current_actor(), now=clock.now())
