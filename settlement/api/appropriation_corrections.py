"""Corrections of appropriations over HTTP (V3)."""

from __future__ import annotations

from typing import Any

from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from settlement import permissions
from settlement.api.funds import funds
from settlement.models import AppropriationCorrection
from settlement.queries.funds import (
    AppropriationCorrectionMissing,
    AppropriationMissing,
    FundMissing,
    find_correction,
)
from settlement.queries.funds import corrections as all_corrections
from settlement.schemas.remedies import (
    AppropriationCorrectionSchema,
    CorrectionQuerySchema,
    NewAppropriationCorrectionSchema,
    RemedyReviewSchema,
)
from settlement.service import appropriation_corrections as service
from settlement.service.funds import FundClosed
from settlement.steps.funds import FundTooSmall
from settlement.steps.proposals import EntryCorrected, ProposalOpen, ProposalOwn

corrections = Blueprint(
    "appropriation-corrections",
    __name__,
    url_prefix="/appropriation-corrections",
    description="Appropriations that were entered wrongly.",
)


@funds.route("/<int:fund_id>/corrections", methods=["POST"])
@allow(permissions.may_open_fund)
@problems(FundMissing, AppropriationMissing, FundClosed, EntryCorrected, ProposalOpen)
@idempotent
@funds.arguments(NewAppropriationCorrectionSchema)
@funds.response(201, AppropriationCorrectionSchema)
def propose_correction(given: dict[str, Any], fund_id: int) -> AppropriationCorrection:
    """Propose to correct an appropriation

    What an entry should have said. Once another person agreed, a further entry makes up the difference and names it.
    """
    return service.propose_correction(fund_id=fund_id, **given, actor=current_actor(), now=clock.now())


@corrections.route("", methods=["GET"])
@allow(permissions.may_read_funds)
@corrections.arguments(CorrectionQuerySchema, location="query")
@corrections.response(200, page_schema(AppropriationCorrectionSchema))
def list_corrections(given: dict[str, Any]) -> dict[str, Any]:
    """Corrections of appropriations

    Proposed and decided.
    """
    found = all_corrections(given.pop("fund_id"))
    return page_of(found, **given, key=AppropriationCorrection.id)


@corrections.route("/<int:correction_id>", methods=["GET"])
@allow(permissions.may_read_funds)
@problems(AppropriationCorrectionMissing)
@corrections.response(200, AppropriationCorrectionSchema)
def show_correction(correction_id: int) -> AppropriationCorrection:
    """A correction of an appropriation

    With what the decision rests on.
    """
    return find_correction(correction_id)


@corrections.route("/<int:correction_id>/decision", methods=["POST"])
@allow(permissions.may_decide_closing)
@problems(AppropriationCorrectionMissing, ProposalOwn, FundClosed, FundTooSmall, StateForbids)
@idempotent
@corrections.arguments(RemedyReviewSchema)
@corrections.response(201, AppropriationCorrectionSchema)
def decide_correction(given: dict[str, Any], correction_id: int) -> AppropriationCorrection:
    """Decide about a correction

    By another person of the province. What is approved is posted at once, never below what is committed.
    """
    return service.decide_correction(correction_id=correction_id, **given, actor=current_actor(), now=clock.now())
