"""Many claims with one confirmation: choose, see sums and total, confirm once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, request, url_for

from core import clock
from core.db import session
from core.http import Schema, allow, current_actor
from core.money import in_capitals
from core.pages import Done, Form, Pages, form_page, link_to
from core.pages.forms import Options
from core.pages.language import term, yuan
from core.permissions import Actor
from vouchers.models import Claim
from vouchers.pages.claim_table import options_of, rows_of
from vouchers.permissions import may_confirm, may_review
from vouchers.queries.cases import review_policy
from vouchers.queries.claims import visible_claims
from vouchers.queries.review_queue import queue_rows, review_queue
from vouchers.queries.summaries import find_summary, waiting_in
from vouchers.rules.reviewing import AGREEING
from vouchers.schemas.cases import ChosenField, NewReviewBatchSchema, SummaryConfirmationSchema
from vouchers.service import batches as service

LOOKED_AT = 200
"""Of the claims that wait longest, so many are offered to choose from."""
CHOSEN = "claims"

batch_pages = Pages("review_batch_pages", __name__)


class ChoiceSchema(Schema):
    """The claims to approve together."""

    claim_ids = ChosenField(metadata={"description": "Numbers of claims."})


@batch_pages.route("/review/batch", methods=["GET", "POST"])
@allow(may_review)
def choose() -> Response:
    """Choose among the claims that nothing stands against."""
    free = _free_claims(current_actor())

    def effect(given: dict[str, Any]) -> Done:
        chosen = ",".join(str(each) for each in given["claim_ids"])
        return Done(url_for("review_batch_pages.approve", claims=chosen))

    form = Form(
        ChoiceSchema,
        name="review_batch",
        options={"claim_ids": options_of(free, sum_fen=lambda claim: claim.claimed_fen)},
    )
    back = url_for("claim_review_pages.queue")
    return form_page(form, effect=effect, back=back, keyed=False, template="vouchers/batch.html", rows=[])


@batch_pages.route("/review/batch/approval", methods=["GET", "POST"])
@allow(may_review)
def approve() -> Response:
    """The chosen claims with their sums; one confirmation approves them all."""
    actor = current_actor()
    claims = _chosen(actor)
    total_fen = sum(claim.claimed_fen for claim in claims)

    def effect(given: dict[str, Any]) -> Done:
        batch = service.approve_batch(**given, actor=actor, now=clock.now())
        said = {"count": len(batch.claim_ids), "total": yuan(batch.total_fen)}
        return Done(url_for("claim_review_pages.queue"), "page.review_batch_approval.done", said)

    fixed = {"claim_ids": [claim.id for claim in claims], "total_fen": total_fen}
    form = Form(NewReviewBatchSchema, name="review_batch_approval", fixed=fixed, options=_agreeing())
    return form_page(
        form,
        effect=effect,
        back=url_for("review_batch_pages.choose"),
        confirms=True,
        template="vouchers/batch.html",
        rows=[(row, row.claim.claimed_fen) for row in rows_of(claims)],
        total_fen=total_fen,
        capitals=in_capitals(total_fen),
    )


@batch_pages.route("/review-summaries/<int:summary_id>/provincial-confirmation", methods=["GET", "POST"])
@allow(may_confirm)
def confirm(summary_id: int) -> Response:
    """The claims of a summary that still wait; one confirmation confirms them all."""
    actor = current_actor()
    summary = find_summary(summary_id, actor=actor)
    waiting = visible_claims(actor).where(Claim.id.in_(waiting_in(summary.id))).order_by(Claim.id)
    claims = session().scalars(waiting).all()
    total_fen = sum(claim.approved_fen or 0 for claim in claims)

    def effect(given: dict[str, Any]) -> Done:
        batch = service.confirm_summary(summary_id=summary_id, **given, actor=actor, now=clock.now())
        said = {"count": len(batch.claim_ids), "total": yuan(batch.total_fen)}
        return Done(link_to("summary", summary_id), "page.summary_confirmation.done", said)

    fixed = {"total_fen": total_fen}
    form = Form(SummaryConfirmationSchema, name="summary_confirmation", fixed=fixed, options=_agreeing())
    return form_page(
        form,
        effect=effect,
        back=link_to("summary", summary_id),
        confirms=True,
        template="vouchers/batch.html",
        rows=[(row, row.claim.approved_fen) for row in rows_of(claims)],
        total_fen=total_fen,
        capitals=in_capitals(total_fen),
    )


def _agreeing() -> dict[str, Options]:
    """The standard phrases that fit what only agrees."""
    return {"phrases": [(each.value, term(each)) for each in AGREEING]}


def _free_claims(actor: Actor) -> list[Claim]:
    """The claims that wait longest and have nothing against them, as many as may be decided at once."""
    today = clock.today(clock.now())
    waiting = session().scalars(review_queue(actor).limit(LOOKED_AT)).all()
    free = [row.claim for row in queue_rows(waiting, actor=actor, today=today) if row.batchable]
    return free[: review_policy(today).batch_max_claims]


def _chosen(actor: Actor) -> Sequence[Claim]:
    """The claims that the address names, of those in sight."""
    numbers = [int(each) for each in request.args.get(CHOSEN, "").split(",") if each.isdecimal() and len(each) < 10]
    return session().scalars(review_queue(actor).where(Claim.id.in_(numbers))).all()
