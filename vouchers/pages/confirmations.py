"""The province's desk: claims that the cities sent up, their confirmation, and the stop of a payment."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from core import clock
from core.http import allow, current_actor
from core.pages import Done, Form, NavEntry, Pages, form_page, link_to, table_page
from core.pages.language import yuan
from vouchers.pages.beside import beside
from vouchers.pages.queue_tables import CONFIRMATIONS
from vouchers.permissions import may_confirm
from vouchers.queries.claims import find_claim, find_whole_claim
from vouchers.queries.summaries import confirmation_queue
from vouchers.schemas.claims import ConfirmationSchema, RevocationSchema
from vouchers.service import reviews as service

confirmation_pages = Pages(
    "confirmation_pages",
    __name__,
    navigation=(NavEntry("confirmations", "confirmation_pages.queue", "claims", may_confirm, order=10),),
)


@confirmation_pages.get("/confirmations")
@allow(may_confirm)
def queue() -> Any:
    """Claims of dispatched summaries, those sent up first before the others."""
    return table_page(CONFIRMATIONS, confirmation_queue(current_actor()), title="page.confirmations.title")


@confirmation_pages.route("/claims/<int:claim_id>/provincial-confirmation", methods=["GET", "POST"])
@allow(may_confirm)
def confirm(claim_id: int) -> Response:
    """Confirm what the city approved, or send it back."""
    actor = current_actor()
    claim = find_whole_claim(claim_id, actor=actor)

    def effect(given: dict[str, Any]) -> Done:
        service.confirm(claim_id=claim_id, **given, actor=actor, now=clock.now())
        said = f"page.confirmation.done.{given['decision']}"
        return Done(url_for("confirmation_pages.queue"), said, {"number": claim_id})

    form = Form(ConfirmationSchema, name="confirmation", widgets={"decision": "radio"})
    return form_page(
        form,
        effect=effect,
        back=link_to("claim", claim_id),
        confirms=True,
        template="vouchers/review.html",
        **beside(claim, actor=actor),
    )


@confirmation_pages.route("/claims/<int:claim_id>/revocation", methods=["GET", "POST"])
@allow(may_confirm)
def revoke(claim_id: int) -> Response:
    """Stop the payment of a confirmed claim (V19)."""
    actor = current_actor()
    claim = find_claim(claim_id, actor=actor)

    def effect(given: dict[str, Any]) -> Done:
        service.revoke(claim_id=claim_id, **given, actor=actor, now=clock.now())
        return Done(link_to("claim", claim_id), "page.revocation.done", {"number": claim_id})

    facts = [
        ("column.claim", claim.id),
        ("column.service", claim.record["title"]),
        ("fact.confirmed", yuan(claim.confirmed_fen)),
    ]
    form = Form(RevocationSchema, name="revocation", ends=True)
    return form_page(form, effect=effect, back=link_to("claim", claim_id), confirms=True, facts=facts)
