"""Deciding about a flag: upheld or cleared, with the reason."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from accounts.permissions import city_bureau
from core import clock
from core.http import allow, current_actor
from core.pages import Done, Form, Pages, form_page
from core.permissions import Actor
from vouchers.pages.flag_words import flag_view
from vouchers.permissions import may_find_flags
from vouchers.queries.claims import find_claim
from vouchers.queries.flags import find_flag, shown_flag
from vouchers.schemas.flags import FlagFindingSchema
from vouchers.service import flags as service

claim_flags = Pages("claim_flag_pages", __name__)


@claim_flags.route("/claims/<int:claim_id>/flags/<int:flag_id>/finding", methods=["GET", "POST"])
@allow(may_find_flags)
def decide(claim_id: int, flag_id: int) -> Response:
    """Uphold or clear a flag beside its evidence; the review goes on where it was."""
    actor = current_actor()
    claim = find_claim(claim_id, actor=actor)
    shown = shown_flag(find_flag(claim, flag_id), actor=actor)
    back = _desk(claim_id, actor)

    def effect(given: dict[str, Any]) -> Done:
        service.find(
            claim_id=claim_id,
            flag_id=flag_id,
            finding=given["finding"],
            reason_given=given["reason"],
            actor=actor,
            now=clock.now(),
        )
        return Done(back, f"page.flag_finding.done.{given['finding']}", {"number": flag_id})

    form = Form(FlagFindingSchema, name="flag_finding", widgets={"finding": "radio", "reason": "textarea"})
    view = flag_view(shown, claim, actor=actor)
    return form_page(form, effect=effect, back=back, template="vouchers/flag_finding.html", view=view)


def _desk(claim_id: int, actor: Actor) -> str:
    """Where a reviewer decides about the claim itself."""
    endpoint = "claim_review_pages.review" if city_bureau(actor) else "confirmation_pages.confirm"
    return url_for(endpoint, claim_id=claim_id)
