"""Funds over HTTP (V3)."""

from __future__ import annotations

from typing import Any

from core import clock
from core.http import Blueprint, CursorSchema, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from settlement import permissions
from settlement.models import Fund, FundClosing
from settlement.queries.funds import (
    FundClosingMissing,
    FundMissing,
    FundStatus,
    find_closing,
    find_fund,
    fund_status,
    fund_statuses,
)
from settlement.queries.funds import closings as all_closings
from settlement.queries.funds import funds as all_funds
from settlement.queries.programmes import ProgrammeUnknown, chosen_programme
from settlement.queries.waiting import Reach, reach
from settlement.schemas.funds import (
    ClosingQuerySchema,
    ClosingReviewSchema,
    ClosingSchema,
    FundSchema,
    NewAppropriationSchema,
    NewClosingSchema,
    NewFundSchema,
    QueueQuerySchema,
    ReachSchema,
    ReductionSchema,
)
from settlement.service import funds as service
from settlement.service.funds import ClosingOpen, ClosingOwn, FundClosed, FundExists, FundMoved
from settlement.steps.funds import FundBusy, FundTooSmall, FundYearRuns

funds = Blueprint("funds", __name__, url_prefix="/funds", description="What the province appropriated for a year.")
closings = Blueprint(
    "fund-closings", __name__, url_prefix="/fund-closings", description="What becomes of the rest of a past year."
)


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
@problems(FundMissing, FundClosed)
@idempotent
@funds.arguments(NewAppropriationSchema)
@funds.response(201, FundSchema)
def increase_fund(given: dict[str, Any], fund_id: int) -> FundStatus:
    """Appropriate further money

    By a new entry with a document of its own.
    """
    return fund_status(service.increase_fund(fund_id=fund_id, **given, actor=current_actor(), now=clock.now()))


@funds.route("/<int:fund_id>/reductions", methods=["POST"])
@allow(permissions.may_open_fund)
@problems(FundMissing, FundClosed, FundTooSmall)
@idempotent
@funds.arguments(ReductionSchema)
@funds.response(201, FundSchema)
def reduce_fund(given: dict[str, Any], fund_id: int) -> FundStatus:
    """Reduce an appropriation

    By what no batch has committed and nothing was paid of, with a document of its own.
    """
    return fund_status(service.decrease_fund(fund_id=fund_id, **given, actor=current_actor(), now=clock.now()))


@funds.route("/<int:fund_id>/closings", methods=["POST"])
@allow(permissions.may_open_fund)
@problems(FundMissing, FundYearRuns, FundBusy, ClosingOpen, FundTooSmall)
@idempotent
@funds.arguments(NewClosingSchema)
@funds.response(201, ClosingSchema)
def propose_closing(given: dict[str, Any], fund_id: int) -> FundClosing:
    """Propose to close a fund

    Once its year is over and no batch of it is live: so much goes to the next year's fund, all else lapses.
    """
    return service.propose_closing(fund_id=fund_id, **given, actor=current_actor(), now=clock.now())


@closings.route("", methods=["GET"])
@allow(permissions.may_read_funds)
@closings.arguments(ClosingQuerySchema, location="query")
@closings.response(200, page_schema(ClosingSchema))
def list_closings(given: dict[str, Any]) -> dict[str, Any]:
    """Closings of funds

    Proposed and decided.
    """
    found = all_closings(given.pop("fund_id"))
    return page_of(found, **given, key=FundClosing.id)


@closings.route("/<int:closing_id>", methods=["GET"])
@allow(permissions.may_read_funds)
@problems(FundClosingMissing)
@closings.response(200, ClosingSchema)
def show_closing(closing_id: int) -> FundClosing:
    """A closing of a fund

    With what the decision rests on.
    """
    return find_closing(closing_id)


@closings.route("/<int:closing_id>/decision", methods=["POST"])
@allow(permissions.may_decide_closing)
@problems(FundClosingMissing, ClosingOwn, FundYearRuns, FundBusy, FundMoved, StateForbids)
@idempotent
@closings.arguments(ClosingReviewSchema)
@closings.response(201, ClosingSchema)
def decide_closing(given: dict[str, Any], closing_id: int) -> FundClosing:
    """Decide about the rest of a fund

    By another person than the one who proposed it. What is approved is posted at once.
    """
    return service.decide_closing(closing_id=closing_id, **given, actor=current_actor(), now=clock.now())
