"""Needs the province may not meet, over HTTP (V16 out)."""

from __future__ import annotations

from typing import Any

from accounts.queries.beneficiaries import BeneficiaryMissing, BeneficiaryUnclear
from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from instruments.queries.catalogue import Search, SearchRefused
from marketplace.models import UnmetNeed
from marketplace.permissions import may_answer_needs, may_read_needs, may_state_needs
from marketplace.queries.unmet_needs import NeedView, UnmetNeedMissing, find_need, need_views, visible_needs
from marketplace.schemas.unmet_needs import (
    NeedAnswerSchema,
    NeedClosingSchema,
    NeedQuerySchema,
    NeedSchema,
    NewNeedSchema,
)
from marketplace.service import unmet_needs as service
from marketplace.service.unmet_needs import UnmetNeedRefused

unmet_needs = Blueprint(
    "unmet-needs",
    __name__,
    url_prefix="/unmet-needs",
    description="Needs that the province may not meet, with the search that shows it (V16 out).",
)


@unmet_needs.route("", methods=["GET"])
@allow(may_read_needs)
@unmet_needs.arguments(NeedQuerySchema, location="query")
@unmet_needs.response(200, page_schema(NeedSchema))
def list_needs(given: dict[str, Any]) -> dict[str, Any]:
    """Stated needs in sight

    One's own and one's teams'; of a bureau those of its city; all for the province and the auditor. The latest first.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    found = visible_needs(current_actor(), **given)
    page = page_of(found, cursor=cursor, limit=limit, key=UnmetNeed.id, descending=True)
    return {**page, "items": need_views(page["items"])}


@unmet_needs.route("", methods=["POST"])
@allow(may_state_needs)
@problems(UnmetNeedRefused, SearchRefused, BeneficiaryMissing, BeneficiaryUnclear)
@idempotent
@unmet_needs.arguments(NewNeedSchema)
@unmet_needs.response(201, NeedSchema)
def state(given: dict[str, Any]) -> NeedView:
    """State a need

    The search is made again; how many instruments it finds, and the first of them, are kept as evidence. A quote for a
    service from outside the province may rest on it (`unmet_need_id`).
    """
    wanted = Search(**given.pop("search"))
    return _shown(service.state_need(**given, wanted=wanted, actor=current_actor(), now=clock.now()))


@unmet_needs.route("/<int:need_id>", methods=["GET"])
@allow(may_read_needs)
@problems(UnmetNeedMissing)
@unmet_needs.response(200, NeedSchema)
def show(need_id: int) -> NeedView:
    """A stated need

    With its evidence and what the office says to it.
    """
    return _shown(find_need(need_id, actor=current_actor()))


@unmet_needs.route("/<int:need_id>/answer", methods=["POST"])
@allow(may_answer_needs)
@problems(UnmetNeedMissing, UnmetNeedRefused, StateForbids)
@idempotent
@unmet_needs.arguments(NeedAnswerSchema)
@unmet_needs.response(201, NeedSchema)
def answer(given: dict[str, Any], need_id: int) -> NeedView:
    """Propose what may serve

    By the bureau of the user's city or the province: published instruments and services. The user is told.
    """
    return _shown(service.answer_need(need_id=need_id, **given, actor=current_actor(), now=clock.now()))


@unmet_needs.route("/<int:need_id>/closing", methods=["POST"])
@allow(may_answer_needs)
@problems(UnmetNeedMissing, UnmetNeedRefused, StateForbids)
@idempotent
@unmet_needs.arguments(NeedClosingSchema)
@unmet_needs.response(201, NeedSchema)
def close(given: dict[str, Any], need_id: int) -> NeedView:
    """Close a statement

    As confirmed, so that quotes may go on resting on it, or as met, so that none may.
    """
    return _shown(service.close_need(need_id=need_id, **given, actor=current_actor(), now=clock.now()))


@unmet_needs.route("/<int:need_id>/withdrawal", methods=["POST"])
@allow(may_state_needs)
@problems(UnmetNeedMissing, StateForbids)
@idempotent
@unmet_needs.response(201, NeedSchema)
def withdraw(need_id: int) -> NeedView:
    """Take a statement back

    By the user. Quotes given on it before stand as long as they are valid.
    """
    return _shown(service.withdraw_need(need_id=need_id, actor=current_actor(), now=clock.now()))


def _shown(need: UnmetNeed) -> NeedView:
    return need_views([need])[0]
