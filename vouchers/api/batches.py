"""Decisions about many claims over HTTP."""

from __future__ import annotations

from typing import Any

from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, problems
from vouchers.models import ReviewBatch
from vouchers.permissions import may_confirm, may_review
from vouchers.queries.summaries import SummaryMissing
from vouchers.schemas.cases import NewReviewBatchSchema, ReviewBatchSchema, SummaryConfirmationSchema
from vouchers.service import batches as service
from vouchers.service.batches import BatchRefused

batches = Blueprint("batches", __name__, url_prefix="", description="Many claims decided with one confirmation.")


@batches.route("/review-batches", methods=["POST"])
@allow(may_review)
@problems(BatchRefused)
@idempotent
@batches.arguments(NewReviewBatchSchema)
@batches.response(201, ReviewBatchSchema)
def approve(given: dict[str, Any]) -> ReviewBatch:
    """Approve claims together

    In full, each by its own checks: handed in, complete, without undecided flags, in nobody else's hands. All of them
    or none, with every ground named.
    """
    return service.approve_batch(**given, actor=current_actor(), now=clock.now())


@batches.route("/review-summaries/<int:summary_id>/provincial-confirmation", methods=["POST"])
@allow(may_confirm)
@problems(SummaryMissing, BatchRefused)
@idempotent
@batches.arguments(SummaryConfirmationSchema)
@batches.response(201, ReviewBatchSchema)
def confirm(given: dict[str, Any], summary_id: int) -> ReviewBatch:
    """Confirm a whole summary

    Every claim of it that still waits, or none, with every ground named.
    """
    return service.confirm_summary(summary_id=summary_id, **given, actor=current_actor(), now=clock.now())
