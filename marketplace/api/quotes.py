"""Quotes over HTTP."""

from __future__ import annotations

from typing import Any

from accounts.queries.beneficiaries import BeneficiaryMissing, BeneficiaryUnclear
from core import clock
from core.http import (
    Blueprint,
    CursorSchema,
    allow,
    current_actor,
    idempotent,
    page_of,
    page_schema,
    problems,
)
from instruments.queries.offers import OfferRefused, PriceByNegotiation, ServiceNotOffered, SlotTaken
from marketplace import service
from marketplace.models import Quote
from marketplace.permissions import may_ask_quotes
from marketplace.queries import explain_quote, find_quote, visible_quotes
from marketplace.queries.explanations import FactsMissing
from marketplace.queries.hindrances import QuoteAnswer, quote_answer, quote_answers
from marketplace.schemas import QuoteRequestSchema, QuoteSchema
from marketplace.service.quotes import (
    FiguresOverdue,
    NotAMember,
    UnmetNeedUnusable,
)
from vouchers.queries.explanations import Explanation
from vouchers.schemas.explanations import ExplanationSchema

quotes = Blueprint("quotes", __name__, url_prefix="/quotes", description="What it costs and what a voucher pays.")


@quotes.route("", methods=["POST"])
@allow(may_ask_quotes)
@problems(
    NotAMember,
    FiguresOverdue,
    BeneficiaryMissing,
    BeneficiaryUnclear,
    OfferRefused,
    PriceByNegotiation,
    ServiceNotOffered,
    SlotTaken,
    UnmetNeedUnusable,
)
@idempotent
@quotes.arguments(QuoteRequestSchema)
@quotes.response(201, QuoteSchema)
def ask(wanted: dict[str, Any]) -> QuoteAnswer:
    """Ask for a quote. An ineligible wish gets one too, with subsidy 0 and the reasons."""
    now = clock.now()
    quote = service.ask(**wanted, actor=current_actor(), now=now)
    return quote_answer(quote, on=clock.today(now))


@quotes.route("", methods=["GET"])
@allow(may_ask_quotes)
@quotes.arguments(CursorSchema, location="query")
@quotes.response(200, page_schema(QuoteSchema))
def own_quotes(page: dict[str, Any]) -> dict[str, Any]:
    """The quotes one has asked for, the latest first."""
    found = page_of(visible_quotes(current_actor()), **page, key=Quote.id, descending=True)
    return {**found, "items": quote_answers(found["items"], on=clock.today(clock.now()))}


@quotes.route("/<int:quote_id>", methods=["GET"])
@allow(may_ask_quotes)
@quotes.response(200, QuoteSchema)
def one_quote(quote_id: int) -> QuoteAnswer:
    """One quote."""
    return quote_answer(find_quote(quote_id, actor=current_actor()), on=clock.today(clock.now()))


@quotes.route("/<int:quote_id>/explanation", methods=["GET"])
@allow(may_ask_quotes)
@problems(FactsMissing)
@quotes.response(200, ExplanationSchema)
def explanation(quote_id: int) -> Explanation:
    """Why a quote is what it is

    Its frozen facts and policy, judged again; what differs is named.
    """
    return explain_quote(quote_id, actor=current_actor())
