"""The bureau's desk: the queue of submitted claims, and the review of one beside its papers."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from core import clock
from core.http import allow, current_actor
from core.pages import Done, Form, NavEntry, Pages, form_page, link_to, table_page
from core.pages.language import t
from vouchers.pages.beside import beside
from vouchers.pages.queue_tables import REVIEWS
from vouchers.permissions import may_read_queue, may_review
from vouchers.queries.claims import find_whole_claim
from vouchers.queries.completeness import is_enterprises
from vouchers.queries.review_queue import review_queue
from vouchers.schemas.claims import CityReviewSchema
from vouchers.service import reviews as service

review_pages = Pages(
    "claim_review_pages",
    __name__,
    navigation=(NavEntry("claim_review", "claim_review_pages.queue", "claims", may_read_queue, order=10),),
)


@review_pages.get("/review")
@allow(may_read_queue)
def queue() -> Any:
    """Submitted claims of the city, the one that waits longest first."""
    actor = current_actor()
    together = {"label": t("page.review_batch.title"), "href": url_for("review_batch_pages.choose")}
    actions = [together] if may_review(actor) else []
    return table_page(REVIEWS, review_queue(actor), title="page.review.title", actions=actions)


@review_pages.route("/claims/<int:claim_id>/city-review", methods=["GET", "POST"])
@allow(may_review)
def review(claim_id: int) -> Response:
    """Approve, return with every defect, or reject; beside the papers and what differs."""
    actor = current_actor()
    claim = find_whole_claim(claim_id, actor=actor)

    def effect(given: dict[str, Any]) -> Done:
        # On a page a box that is left empty is no tick (V8(3)); the API may leave the findings out.
        given["findings"] = given["findings"] or {}
        service.review(claim_id=claim_id, **given, actor=actor, now=clock.now())
        return Done(
            url_for("claim_review_pages.queue"), f"page.city_review.done.{given['decision']}", {"number": claim_id}
        )

    form = Form(
        CityReviewSchema,
        name="city_review",
        widgets={"decision": "radio"},
        leave_out=() if is_enterprises(claim) else ("findings.rd_base", "findings.main_business"),
    )
    return form_page(
        form,
        effect=effect,
        back=link_to("claim", claim_id),
        confirms=True,
        template="vouchers/review.html",
        **beside(claim, actor=actor),
    )
