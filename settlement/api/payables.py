"""Payables over HTTP."""

from __future__ import annotations

from typing import Any

from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from settlement import permissions
from settlement.models import Payable
from settlement.queries.payables import PayableDetail, PayableMissing, detail_of, views_of, visible_payables
from settlement.schemas.payables import (
    CorrectionSchema,
    PayableDetailSchema,
    PayableQuerySchema,
    PayableSchema,
)
from settlement.service import payables as service
from settlement.service.payables import NoVerifiedAccount

payables = Blueprint(
    "payables", __name__, url_prefix="/payables", description="Confirmed claims on their way to the payee."
)


@payables.route("", methods=["GET"])
@allow(permissions.may_read_payables)
@payables.arguments(PayableQuerySchema, location="query")
@payables.response(200, page_schema(PayableSchema))
def list_payables(given: dict[str, Any]) -> dict[str, Any]:
    """Payables in sight, in the order of confirmation

    One's own, one's orders', one's city's; all for finance, province and auditor. Those that wait for money say so.
    """
    cursor, limit = given.pop("cursor", None), given.pop("limit")
    actor = current_actor()
    page = page_of(visible_payables(actor, **given), cursor=cursor, limit=limit, key=Payable.queue_no)
    return {**page, "items": views_of(page["items"], actor=actor, today=clock.today(clock.now()))}


@payables.route("/<int:payable_id>", methods=["GET"])
@allow(permissions.may_read_payables)
@problems(PayableMissing)
@payables.response(200, PayableDetailSchema)
def show_payable(payable_id: int) -> PayableDetail:
    """A payable

    With its place in the queue and every attempt to pay it.
    """
    return detail_of(payable_id, actor=current_actor(), today=clock.today(clock.now()))


@payables.route("/<int:payable_id>/correction", methods=["POST"])
@allow(permissions.may_correct_payable)
@problems(PayableMissing, StateForbids, NoVerifiedAccount)
@idempotent
@payables.arguments(CorrectionSchema)
@payables.response(201, PayableDetailSchema)
def correct_payable(given: dict[str, Any], payable_id: int) -> PayableDetail:
    """Put a failed or returned payable back into the queue

    It keeps its place and takes on the payee's verified account of today; the next batch pays it on a new line.
    """
    now = clock.now()
    service.correct(payable_id=payable_id, **given, actor=current_actor(), now=now)
    return detail_of(payable_id, actor=current_actor(), today=clock.today(now))
