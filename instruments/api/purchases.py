"""Reviews of purchases over HTTP (S27)."""

from __future__ import annotations

from typing import Any

from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from instruments.models import DuplicatePurchaseReview
from instruments.permissions import may_ask_for_purchase, may_decide_purchases, may_read_purchases
from instruments.queries.purchases import PurchaseReviewMissing, find_purchase_review, purchase_reviews
from instruments.schemas.purchases import (
    PurchaseDecisionSchema,
    PurchaseFieldsSchema,
    PurchaseQuerySchema,
    PurchaseReviewSchema,
)
from instruments.service import purchases as service
from instruments.service.purchases import PurchaseRefused

purchases = Blueprint(
    "duplicate_purchase_reviews",
    __name__,
    url_prefix="/duplicate-purchase-reviews",
    description="Dear purchases with provincial money, looked at against the catalogue first (S27).",
)


@purchases.route("", methods=["GET"])
@allow(may_read_purchases)
@purchases.arguments(PurchaseQuerySchema, location="query")
@purchases.response(200, page_schema(PurchaseReviewSchema))
def list_reviews(given: dict[str, Any]) -> dict[str, Any]:
    """Purchases in sight

    One's own; of a city's offices those of its city; all for the province and the auditor. The latest first.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    found = purchase_reviews(current_actor(), **given)
    return page_of(found, cursor=cursor, limit=limit, key=DuplicatePurchaseReview.id, descending=True)


@purchases.route("", methods=["POST"])
@allow(may_ask_for_purchase)
@problems(PurchaseRefused)
@idempotent
@purchases.arguments(PurchaseFieldsSchema)
@purchases.response(201, PurchaseReviewSchema)
def ask(given: dict[str, Any]) -> DuplicatePurchaseReview:
    """Ask for a review

    The catalogue is searched by the name, by the class and by the words of the specification within it; the closest
    instruments are kept with their hours as evidence, which never changes.
    """
    return service.ask_for_review(fields=given, actor=current_actor(), now=clock.now())


@purchases.route("/<int:review_id>", methods=["GET"])
@allow(may_read_purchases)
@problems(PurchaseReviewMissing)
@purchases.response(200, PurchaseReviewSchema)
def show(review_id: int) -> DuplicatePurchaseReview:
    """A purchase

    With the search of each round, and what the decision rests on.
    """
    return find_purchase_review(review_id, actor=current_actor())


@purchases.route("/<int:review_id>/decision", methods=["POST"])
@allow(may_decide_purchases)
@problems(PurchaseReviewMissing, PurchaseRefused, StateForbids)
@idempotent
@purchases.arguments(PurchaseDecisionSchema)
@purchases.response(201, PurchaseReviewSchema)
def decide(given: dict[str, Any], review_id: int) -> DuplicatePurchaseReview:
    """Decide about a purchase

    By the province: justified, share which of the found instruments instead, or return it for correction.
    """
    return service.decide_purchase(review_id=review_id, **given, actor=current_actor(), now=clock.now())


@purchases.route("/<int:review_id>/resubmission", methods=["POST"])
@allow(may_ask_for_purchase)
@problems(PurchaseReviewMissing, PurchaseRefused, StateForbids)
@idempotent
@purchases.arguments(PurchaseFieldsSchema)
@purchases.response(201, PurchaseReviewSchema)
def hand_in_again(given: dict[str, Any], review_id: int) -> DuplicatePurchaseReview:
    """Hand a returned purchase in again

    With everything it says; the catalogue is searched anew and the search before stays.
    """
    return service.hand_in_again(review_id=review_id, fields=given, actor=current_actor(), now=clock.now())


@purchases.route("/<int:review_id>/withdrawal", methods=["POST"])
@allow(may_ask_for_purchase)
@problems(PurchaseReviewMissing, StateForbids)
@idempotent
@purchases.response(201, PurchaseReviewSchema)
def withdraw(review_id: int) -> DuplicatePurchaseReview:
    """Take a purchase back

    By the buyer, before it is decided.
    """
    return service.withdraw_purchase(review_id=review_id, actor=current_actor(), now=clock.now())
