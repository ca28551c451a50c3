"""Taking a case into one's hands, giving it back, and opinions about it."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from marshmallow import fields

from core import clock
from core.http import EnumField, allow, current_actor
from core.pages import Done, EmptySchema, Form, Pages, form_page, link_to
from core.pages.language import yuan
from core.permissions import Actor
from vouchers.models import Claim
from vouchers.pages.beside import beside
from vouchers.permissions import may_confirm, may_hold_cases, may_prepare_cases, may_review
from vouchers.queries.cases import held_cases
from vouchers.queries.claims import find_claim, find_whole_claim
from vouchers.rules.reviewing import CheckItem
from vouchers.schemas.cases import AssignmentSchema, NewOpinionSchema
from vouchers.service import cases as service

case_pages = Pages("case_pages", __name__)


class OpinionFormSchema(NewOpinionSchema):
    """An opinion as people write it: what is in order and what is not are ticked."""

    class Meta:
        exclude = ("checklist",)

    in_order = fields.List(EnumField(CheckItem), load_default=list)
    not_in_order = fields.List(EnumField(CheckItem), load_default=list)


@case_pages.route("/claims/<int:claim_id>/assignment", methods=["GET", "POST"])
@allow(may_hold_cases)
def take(claim_id: int) -> Response:
    """Take it, or take it over from somebody else with a reason."""
    actor = current_actor()
    claim = find_claim(claim_id, actor=actor)
    held = held_cases([claim_id], on=clock.today(clock.now())).get(claim_id)
    taken_over = held is not None and held.case.holder_id != actor.user_id
    name = "case_takeover" if taken_over else "case_taking"

    def effect(given: dict[str, Any]) -> Done:
        case = service.take(claim_id=claim_id, **given, actor=actor, now=clock.now())
        return Done(_next(claim, actor), f"page.{name}.done", {"number": claim_id, "day": case.last_day})

    fixed = {} if taken_over else {"reason": ""}
    form = Form(AssignmentSchema, name=name, fixed=fixed, required=["reason"] if taken_over else [])
    facts = [*_facts(claim), ("fact.held_by", held.shown_to(actor) if held is not None else None)]
    return form_page(form, effect=effect, back=_next(claim, actor), facts=facts)


@case_pages.route("/claims/<int:claim_id>/release", methods=["GET", "POST"])
@allow(may_hold_cases)
def release(claim_id: int) -> Response:
    """Give it back undecided."""
    actor = current_actor()
    claim = find_claim(claim_id, actor=actor)

    def effect(_given: dict[str, Any]) -> Done:
        service.release(claim_id=claim_id, actor=actor, now=clock.now())
        return Done(_next(claim, actor), "page.case_release.done", {"number": claim_id})

    form = Form(EmptySchema, name="case_release")
    return form_page(form, effect=effect, back=_next(claim, actor), facts=_facts(claim))


@case_pages.route("/claims/<int:claim_id>/opinions", methods=["GET", "POST"])
@allow(may_prepare_cases)
def opinion(claim_id: int) -> Response:
    """Give an opinion, beside the papers and what others said."""
    actor = current_actor()
    claim = find_whole_claim(claim_id, actor=actor)

    def effect(given: dict[str, Any]) -> Done:
        in_order, not_in_order = given.pop("in_order"), given.pop("not_in_order")
        checklist = dict.fromkeys(in_order, True) | dict.fromkeys(not_in_order, False)
        service.give_opinion(claim_id=claim_id, **given, checklist=checklist, actor=actor, now=clock.now())
        return Done(url_for("case_pages.opinion", claim_id=claim_id), "page.opinion.done", {"number": claim_id})

    return form_page(
        Form(OpinionFormSchema, name="opinion"),
        effect=effect,
        back=_next(claim, actor),
        template="vouchers/review.html",
        **beside(claim, actor=actor),
    )


def _next(claim: Claim, actor: Actor) -> str:
    """Where the work on a case goes on."""
    if may_review(actor):
        return url_for("claim_review_pages.review", claim_id=claim.id)
    if may_confirm(actor):
        return url_for("confirmation_pages.confirm", claim_id=claim.id)
    return link_to("claim", claim.id)


def _facts(claim: Claim) -> list[tuple[str, object]]:
    return [
        ("column.claim", claim.id),
        ("column.service", claim.record["title"]),
        ("fact.claimed", yuan(claim.claimed_fen)),
    ]
