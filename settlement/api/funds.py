"""Funds over HTTP (V3)."""

from __future__ import annotations

from typing import Any

from core import clock
from core.http import Blueprint, CursorSchema, allow, current_actor, idempotent, page_of, page_schema, problems
from settlement import permissions
from settlement.models import Fund
from settlement.queries.funds import FundMissing, FundStatus, find_fund, fund_status, fund_statuses
from settlement.queries.funds import funds as all_funds
from settlement.queries.programmes import ProgrammeUnknown, chosen_programme
from settlement.queries.waiting import Reach, reach
from settlement.schemas.funds import (
    FundSchema,
    NewAppropriationSchema,
    NewFundSchema,
    QueueQuerySchema,
    ReachSchema,
)
from settlement.service import funds as service
from settlement.service.funds import FundExists

funds = Blueprint("funds", __name__, url_prefix="/funds", description="What the province appropriated for a year.")


@funds.route("", methods=["POST"])
@allow(permissions.may_open_fund)
@problems(FundExists, ProgrammeUnknown)
@idempotent
@funds.arguments(NewFundSchema)
@funds.response(201, FundSchema)
def open_fund(given: dict[str, Any]) -> FundStatus:
    """Open a year's fund

    With its first appropriation and the document that rests on. One fund a year and programme.
    """
    return fund_status(service.open_fund(**given, actor=current_actor(), now=clock.now()))


@funds.route("", methods=["GET"])
@allow(permissions.may_read_funds)
@funds.arguments(CursorSchema, location="query")
@funds.response(200, page_schema(FundSchema))
def list_funds(given: dict[str, Any]) -> dict[str, Any]:
    """Funds

    What each has left, has committed to batches and has paid.
    """
    page = page_of(all_funds(), **given, key=Fund.id)
    return {**page, "items": fund_statuses(page["items"])}


@funds.route("/queue", methods=["GET"])
@allow(permissions.may_read_funds)
@problems(ProgrammeUnknown)
@funds.arguments(QueueQuerySchema, location="query")
@funds.response(200, ReachSchema)
def show_queue(given: dict[str, Any]) -> Reach:
    """How far the money reaches

    Into the queue of what is due, in the order of confirmation, with a further appropriation or without (V3).
    """
    today = clock.today(clock.now())
    programme = chosen_programme(given["programme"], on=today)
    return reach(programme, year=today.year, extra_fen=given["appropriation_fen"])


@funds.route("/<int:fund_id>", methods=["GET"])
@allow(permissions.may_read_funds)
@problems(FundMissing)
@funds.response(200, FundSchema)
def show_fund(fund_id: int) -> FundStatus:
    """A fund

    With every appropriation.
    """
    return fund_status(find_fund(fund_id))


@funds.route("/<int:fund_id>/appropriations", methods=["POST"])
@allow(permissions.may_open_fund)
@problems(FundMissing)
@idempotent
@funds.arguments(NewAppropriationSchema)
@funds.response(201, FundSchema)
def increase_fund(given: dict[str, Any], fund_id: int) -> FundStatus:
    """Appropriate further money

    A fund is only ever increased, by a new entry with a document of its own.
    """
    return fund_status(service.increase_fund(fund_id=fund_id, **given, actor=current_actor(), now=clock.now()))
