"""Purchases looked at against the catalogue before they are made: asked for, decided, returned, mended (S27)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from accounts.queries import seat
from accounts.steps.memberships import user_id_of
from core import audit
from core.clock import today
from core.db import transaction
from core.errors import Reason, Refused, reason, refuse_all
from core.permissions import Actor, authorise
from core.states import allowed_target, apply
from core.turns import next_serial
from instruments.models import DuplicatePurchaseReview, PurchaseSearch
from instruments.permissions import is_buyer, may_ask_for_purchase, may_decide_purchases
from instruments.policy import places, purchase_policy
from instruments.queries.instruments import own_provider
from instruments.queries.purchases import evidence, find_purchase_review
from instruments.rules.purchases import ARTICLE, PurchaseDecision, purchase_faults, purchase_number
from instruments.states import PURCHASE_REVIEW

ACTIONS: Mapping[PurchaseDecision, str] = {
    PurchaseDecision.JUSTIFIED: "justify",
    PurchaseDecision.SHARE: "advise_sharing",
    PurchaseDecision.RETURN: "return",
}


class PurchaseRefused(Refused):
    """The statement or the decision about it has faults; all of them are named."""

    code = "purchase_refused"


def ask_for_review(*, fields: Mapping[str, Any], actor: Actor, now: datetime) -> DuplicatePurchaseReview:
    """A buyer states what it is about to buy; what the catalogue holds against it is searched and kept.

    ``fields``: name, category, specifications, value_fen, provincial_fen, funding_source, county, why. Raises
    :class:`PurchaseRefused`.
    """
    with transaction() as current:
        authorise(actor, may_ask_for_purchase)
        buyer, on = own_provider(actor), today(now)
        refuse_all(_faults(fields, now=now), error=PurchaseRefused)
        serial = _next_serial(on.year)
        review = DuplicatePurchaseReview(
            **fields,
            year=on.year,
            serial=serial,
            number=purchase_number(on.year, serial),
            organisation_id=buyer,
            city=seat(buyer, on).city,
            state=PURCHASE_REVIEW.initial,
            round=1,
            asked_by=user_id_of(actor),
            asked_at=now,
            opinion="",
            share_ids=[],
            searches=[],
        )
        _keep_search(review, fields, now=now)
        current.add(review)
        data = {"number": review.number, **_told(review)}
        audit.record(actor=actor, now=now, action="ask", subject=review, to_state=review.state, data=data)
        return review


def hand_in_again(*, review_id: int, fields: Mapping[str, Any], actor: Actor, now: datetime) -> DuplicatePurchaseReview:
    """The buyer mends what was returned; the catalogue is searched anew, and the search before stays."""
    with transaction():
        review = _own(review_id, actor)
        allowed_target(review.state, "resubmit", transitions=PURCHASE_REVIEW)
        refuse_all(_faults(fields, now=now), error=PurchaseRefused)
        for name, value in fields.items():
            setattr(review, name, value)
        review.round += 1
        review.asked_by, review.asked_at = user_id_of(actor), now
        review.decision = review.decided_by = review.decided_at = None
        review.opinion = ""
        _keep_search(review, fields, now=now)
        apply(review, "resubmit", transitions=PURCHASE_REVIEW, actor=actor, now=now, data=_told(review))
        return review


def decide_purchase(
    *,
    review_id: int,
    decision: PurchaseDecision,
    opinion: str,
    instrument_ids: Sequence[int],
    actor: Actor,
    now: datetime,
) -> DuplicatePurchaseReview:
    """The province decides: the purchase is justified, instruments that were found serve instead, or it is returned.

    Raises :class:`PurchaseRefused` where sharing is named without an instrument of the kept search, or one beside it.
    """
    with transaction():
        authorise(actor, may_decide_purchases)
        review = find_purchase_review(review_id, actor=actor, lock=True)
        wanted = list(dict.fromkeys(instrument_ids))
        allowed_target(review.state, ACTIONS[decision], transitions=PURCHASE_REVIEW)
        refuse_all(_sharing_faults(review, decision, wanted), error=PurchaseRefused)
        data = {"instrument_ids": wanted} if wanted else {}
        apply(review, ACTIONS[decision], transitions=PURCHASE_REVIEW, actor=actor, now=now, note=opinion, data=data)
        review.decision, review.opinion, review.share_ids = decision, opinion, wanted
        review.decided_by, review.decided_at = user_id_of(actor), now
        return review


def withdraw_purchase(*, review_id: int, actor: Actor, now: datetime) -> DuplicatePurchaseReview:
    """The buyer takes it back before it is decided."""
    with transaction():
        review = _own(review_id, actor)
        apply(review, "withdraw", transitions=PURCHASE_REVIEW, actor=actor, now=now)
        return review


def _own(review_id: int, actor: Actor) -> DuplicatePurchaseReview:
    authorise(actor, may_ask_for_purchase)
    review = find_purchase_review(review_id, actor=actor, lock=True)
    authorise(actor, is_buyer, review)
    return review


def _faults(fields: Mapping[str, Any], *, now: datetime) -> list[Reason]:
    on = today(now)
    found = purchase_faults(
        value_fen=fields["value_fen"],
        provincial_fen=fields["provincial_fen"],
        review_min_fen=purchase_policy(on).review_min_fen,
    )
    if fields["county"] not in places(on).codes:
        found.append(reason("instrument_county_unknown", field="county", county=fields["county"]))
    return found


def _sharing_faults(review: DuplicatePurchaseReview, decision: PurchaseDecision, wanted: list[int]) -> list[Reason]:
    if decision is not PurchaseDecision.SHARE:
        return [reason("purchase_shares_nothing", article=ARTICLE, field="instrument_ids")] if wanted else []
    if not wanted:
        return [reason("purchase_shares_what", article=ARTICLE, field="instrument_ids")]
    known = {each["id"] for each in review.searched.comparables}
    return [
        reason("purchase_not_found_then", article=ARTICLE, field="instrument_ids", number=each)
        for each in wanted
        if each not in known
    ]


def _keep_search(review: DuplicatePurchaseReview, fields: Mapping[str, Any], *, now: datetime) -> None:
    found = evidence(name=review.name, category=review.category, specifications=review.specifications, now=now)
    review.searches.append(PurchaseSearch(round=review.round, made_at=now, asked=dict(fields), **found))


def _told(review: DuplicatePurchaseReview) -> dict[str, Any]:
    search = review.searched
    return {"round": review.round, "named": search.named_total, "kept": len(search.comparables)}


def _next_serial(year: int) -> int:
    """The next number of the year in the province; two asked for at once wait for each other."""
    of_year = DuplicatePurchaseReview.year == year
    return next_serial(DuplicatePurchaseReview.serial, of_year, queue=f"number of a purchase in {year}")
