"""Cases and opinions over HTTP, for the offices."""

from __future__ import annotations

from typing import Any

from accounts.steps import ConflictOfInterest
from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.http.paging import CursorSchema
from core.states import StateForbids
from vouchers.models import CaseOpinion, Claim, ReviewCase
from vouchers.permissions import may_hold_cases, may_prepare_cases, may_read_cases, may_read_queue
from vouchers.queries.cases import cases_of, opinions_of
from vouchers.queries.claims import ClaimMissing, find_claim
from vouchers.queries.review_queue import narrowed_queue, queue_rows
from vouchers.rules.reviewing import Phrase
from vouchers.schemas.cases import (
    AssignmentSchema,
    CaseSchema,
    NewOpinionSchema,
    OpinionSchema,
    PhraseSchema,
    QueueQuerySchema,
    QueueRowSchema,
)
from vouchers.service import cases as service
from vouchers.service.cases import CaseNotHeld, OpinionRefused
from vouchers.steps.cases import CaseHeld

cases = Blueprint("cases", __name__, url_prefix="", description="Who has a claim in hand, what is prepared about it.")


@cases.route("/review-queue", methods=["GET"])
@allow(may_read_queue)
@cases.arguments(QueueQuerySchema, location="query")
@cases.response(200, page_schema(QueueRowSchema))
def queue(given: dict[str, Any]) -> dict[str, Any]:
    """Claims that wait for a review

    With their age and deadline in working days, who holds them, their undecided flags, and what keeps oneself from
    deciding them.
    """
    actor, today = current_actor(), clock.today(clock.now())
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    page = page_of(narrowed_queue(actor, today=today, **given).order_by(None), cursor=cursor, limit=limit, key=Claim.id)
    return {**page, "items": queue_rows(page["items"], actor=actor, today=today)}


@cases.route("/claims/<int:claim_id>/assignment", methods=["POST"])
@allow(may_hold_cases)
@problems(ClaimMissing, StateForbids, CaseHeld, ConflictOfInterest)
@idempotent
@cases.arguments(AssignmentSchema)
@cases.response(201, CaseSchema)
def take(given: dict[str, Any], claim_id: int) -> ReviewCase:
    """Take a case

    Nobody else decides the claim until it is released, decided, or its days are over. Over from somebody else with a
    reason; a delegated agency takes it to prepare it and decides nothing.
    """
    return service.take(claim_id=claim_id, **given, actor=current_actor(), now=clock.now())


@cases.route("/claims/<int:claim_id>/release", methods=["POST"])
@allow(may_hold_cases)
@problems(ClaimMissing, CaseNotHeld)
@idempotent
@cases.response(201, CaseSchema)
def release(claim_id: int) -> ReviewCase:
    """Give a case back

    By its holder, undecided.
    """
    return service.release(claim_id=claim_id, actor=current_actor(), now=clock.now())


@cases.route("/claims/<int:claim_id>/cases", methods=["GET"])
@allow(may_read_cases)
@problems(ClaimMissing)
@cases.arguments(CursorSchema, location="query")
@cases.response(200, page_schema(CaseSchema))
def list_cases(given: dict[str, Any], claim_id: int) -> dict[str, Any]:
    """Who held a claim

    Everybody, with why and how it ended.
    """
    claim = find_claim(claim_id, actor=current_actor())
    return page_of(cases_of(claim.id), **given, key=ReviewCase.id)


@cases.route("/claims/<int:claim_id>/opinions", methods=["POST"])
@allow(may_prepare_cases)
@problems(ClaimMissing, OpinionRefused)
@idempotent
@cases.arguments(NewOpinionSchema)
@cases.response(201, OpinionSchema)
def give_opinion(given: dict[str, Any], claim_id: int) -> CaseOpinion:
    """Give an opinion about a claim

    For the offices alone: what was looked at, what should be decided, which sum. It decides nothing.
    """
    return service.give_opinion(claim_id=claim_id, **given, actor=current_actor(), now=clock.now())


@cases.route("/claims/<int:claim_id>/opinions", methods=["GET"])
@allow(may_read_cases)
@problems(ClaimMissing)
@cases.arguments(CursorSchema, location="query")
@cases.response(200, page_schema(OpinionSchema))
def list_opinions(given: dict[str, Any], claim_id: int) -> dict[str, Any]:
    """Opinions about a claim

    Of colleagues and of the delegated agency.
    """
    claim = find_claim(claim_id, actor=current_actor())
    return page_of(opinions_of(claim.id), **given, key=CaseOpinion.id)


@cases.route("/review-phrases", methods=["GET"])
@allow(may_read_cases)
@cases.response(200, PhraseSchema(many=True))
def list_phrases() -> list[dict[str, Any]]:
    """Standard phrases of opinions"""
    return [{"code": each, "text": each.text.zh, "text_en": each.text.en} for each in Phrase]
