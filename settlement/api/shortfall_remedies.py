"""Write-offs, instalments and corrections of shortfalls over HTTP (V16(1))."""

from __future__ import annotations

from typing import Any

from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from settlement import permissions
from settlement.api.debts import shortfalls
from settlement.models import ShortfallProposal
from settlement.queries.payments import PaymentMissing
from settlement.queries.proposals import ProposalMissing, find_shortfall_proposal, visible_shortfall_proposals
from settlement.queries.trade import ShortfallMissing
from settlement.schemas.remedies import (
    CauseSchema,
    NewInstalmentsSchema,
    NewPaymentCorrectionSchema,
    RemedyQuerySchema,
    RemedyReviewSchema,
    ShortfallProposalSchema,
)
from settlement.service import shortfall_remedies as service
from settlement.steps.payments import PaymentTooLarge
from settlement.steps.proposals import (
    DebtMoved,
    EntryCorrected,
    InstalmentsPast,
    NothingOpen,
    ProposalOpen,
    ProposalOwn,
)

shortfall_proposals = Blueprint(
    "shortfall-proposals",
    __name__,
    url_prefix="/shortfall-proposals",
    description="What providers propose about shortfalls and an office decides.",
)


@shortfalls.route("/<int:shortfall_id>/write-off", methods=["POST"])
@allow(permissions.may_propose_shortfall_remedy)
@problems(ShortfallMissing, ProposalOpen, NothingOpen)
@idempotent
@shortfalls.arguments(CauseSchema)
@shortfalls.response(201, ShortfallProposalSchema)
def propose_write_off(given: dict[str, Any], shortfall_id: int) -> ShortfallProposal:
    """Propose a write-off

    Of all that is open, by the provider it is owed to. An office decides; nothing is written off before.
    """
    return service.propose_write_off(shortfall_id=shortfall_id, **given, actor=current_actor(), now=clock.now())


@shortfalls.route("/<int:shortfall_id>/instalments", methods=["POST"])
@allow(permissions.may_propose_shortfall_remedy)
@problems(ShortfallMissing, ProposalOpen, NothingOpen, InstalmentsPast)
@idempotent
@shortfalls.arguments(NewInstalmentsSchema)
@shortfalls.response(201, ShortfallProposalSchema)
def propose_instalments(given: dict[str, Any], shortfall_id: int) -> ShortfallProposal:
    """Propose instalments

    Monthly parts of all that is open. Once an office agreed, the shortfall is due part by part.
    """
    return service.propose_instalments(shortfall_id=shortfall_id, **given, actor=current_actor(), now=clock.now())


@shortfalls.route("/<int:shortfall_id>/corrections", methods=["POST"])
@allow(permissions.may_propose_shortfall_remedy)
@problems(ShortfallMissing, PaymentMissing, EntryCorrected, ProposalOpen)
@idempotent
@shortfalls.arguments(NewPaymentCorrectionSchema)
@shortfalls.response(201, ShortfallProposalSchema)
def propose_correction(given: dict[str, Any], shortfall_id: int) -> ShortfallProposal:
    """Propose to correct a payment

    A transfer the provider confirmed wrongly. Once an office agreed, it is reversed and the right one entered.
    """
    return service.propose_correction(shortfall_id=shortfall_id, **given, actor=current_actor(), now=clock.now())


@shortfall_proposals.route("", methods=["GET"])
@allow(permissions.may_read_shortfalls)
@shortfall_proposals.arguments(RemedyQuerySchema, location="query")
@shortfall_proposals.response(200, page_schema(ShortfallProposalSchema))
def list_proposals(given: dict[str, Any]) -> dict[str, Any]:
    """What is proposed about shortfalls

    Debtors and creditors see what is about their own.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    found = visible_shortfall_proposals(current_actor(), **given)
    return page_of(found, cursor=cursor, limit=limit, key=ShortfallProposal.id)


@shortfall_proposals.route("/<int:proposal_id>", methods=["GET"])
@allow(permissions.may_read_shortfalls)
@problems(ProposalMissing)
@shortfall_proposals.response(200, ShortfallProposalSchema)
def show_proposal(proposal_id: int) -> ShortfallProposal:
    """A proposal about a shortfall

    With its plan, and what the decision rests on.
    """
    return find_shortfall_proposal(proposal_id, actor=current_actor())


@shortfall_proposals.route("/<int:proposal_id>/decision", methods=["POST"])
@allow(permissions.may_decide_remedy)
@problems(ProposalMissing, ProposalOwn, DebtMoved, PaymentTooLarge, StateForbids)
@idempotent
@shortfall_proposals.arguments(RemedyReviewSchema)
@shortfall_proposals.response(201, ShortfallProposalSchema)
def decide_proposal(given: dict[str, Any], proposal_id: int) -> ShortfallProposal:
    """Decide a proposal about a shortfall

    By finance or the province. What is approved takes effect at once.
    """
    return service.decide(proposal_id=proposal_id, **given, actor=current_actor(), now=clock.now())
