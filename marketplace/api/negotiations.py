"""Prices by negotiation over HTTP (ADR 0237)."""

from __future__ import annotations

from typing import Any

from accounts.queries.beneficiaries import BeneficiaryMissing, BeneficiaryUnclear
from core import clock
from core.http import Blueprint, allow, current_actor, idempotent, page_of, page_schema, problems
from core.states import StateForbids
from instruments.queries.instruments import ServiceMissing
from instruments.queries.offers import OfferRefused, ServiceNotOffered, SlotTaken
from marketplace.models import Negotiation
from marketplace.permissions import may_ask_for_offers, may_make_offers, may_read_negotiations
from marketplace.queries.hindrances import QuoteAnswer, quote_answer
from marketplace.queries.negotiations import NegotiationMissing, find_negotiation, visible_negotiations
from marketplace.rules.negotiations import OfferTerms
from marketplace.schemas.negotiations import (
    AgreementSchema,
    AnswerSchema,
    NegotiationQuerySchema,
    NegotiationSchema,
    NewNegotiationSchema,
    NewOfferSchema,
    SaidAnswerSchema,
)
from marketplace.schemas.quotes import QuoteSchema
from marketplace.service import negotiations as service
from marketplace.service.negotiations import PricePublished, RequestRefused, TermsRefused
from marketplace.service.quotes import FiguresOverdue, NotAMember, UnmetNeedUnusable
from marketplace.steps.agreeing import OfferOver

negotiations = Blueprint(
    "negotiations",
    __name__,
    url_prefix="/negotiations",
    description="Requests to services priced by negotiation, and the offers made to them.",
)


@negotiations.route("", methods=["GET"])
@allow(may_read_negotiations)
@negotiations.arguments(NegotiationQuerySchema, location="query")
@negotiations.response(200, page_schema(NegotiationSchema))
def list_negotiations(given: dict[str, Any]) -> dict[str, Any]:
    """Requests for offers

    A user's own and those of its teams; of a provider those to it. The latest first.
    """
    found = visible_negotiations(current_actor(), state=given["state"])
    return page_of(found, cursor=given.get("cursor"), limit=given["limit"], key=Negotiation.id, descending=True)


@negotiations.route("", methods=["POST"])
@allow(may_ask_for_offers)
@problems(
    ServiceMissing,
    ServiceNotOffered,
    PricePublished,
    RequestRefused,
    NotAMember,
    FiguresOverdue,
    BeneficiaryMissing,
    BeneficiaryUnclear,
)
@idempotent
@negotiations.arguments(NewNegotiationSchema)
@negotiations.response(201, NegotiationSchema)
def ask(given: dict[str, Any]) -> Negotiation:
    """Ask for an offer

    Of a service whose price is by negotiation; its provider is told.
    """
    return service.ask_for_offer(**given, actor=current_actor(), now=clock.now())


@negotiations.route("/<int:negotiation_id>", methods=["GET"])
@allow(may_read_negotiations)
@problems(NegotiationMissing)
@negotiations.response(200, NegotiationSchema)
def show(negotiation_id: int) -> Negotiation:
    """A request with every round"""
    return find_negotiation(negotiation_id, actor=current_actor())


@negotiations.route("/<int:negotiation_id>/offers", methods=["POST"])
@allow(may_make_offers)
@problems(NegotiationMissing, TermsRefused, StateForbids)
@idempotent
@negotiations.arguments(NewOfferSchema)
@negotiations.response(201, NegotiationSchema)
def offer(terms: OfferTerms, negotiation_id: int) -> Negotiation:
    """Make an offer

    By the provider: sums, turnaround, conditions, and until which day it stands. A fiscally built provider states what
    all of it costs and asks no more (V13). It expires by itself.
    """
    return service.make_offer(negotiation_id=negotiation_id, terms=terms, actor=current_actor(), now=clock.now())


@negotiations.route("/<int:negotiation_id>/offer-withdrawal", methods=["POST"])
@allow(may_make_offers)
@problems(NegotiationMissing, StateForbids)
@idempotent
@negotiations.arguments(AnswerSchema)
@negotiations.response(201, NegotiationSchema)
def take_back(given: dict[str, Any], negotiation_id: int) -> Negotiation:
    """Take an offer back

    By the provider, before it is agreed to. Another one may be made.
    """
    return service.take_offer_back(negotiation_id=negotiation_id, **given, actor=current_actor(), now=clock.now())


@negotiations.route("/<int:negotiation_id>/refusal", methods=["POST"])
@allow(may_make_offers)
@problems(NegotiationMissing, StateForbids)
@idempotent
@negotiations.arguments(SaidAnswerSchema)
@negotiations.response(201, NegotiationSchema)
def refuse(given: dict[str, Any], negotiation_id: int) -> Negotiation:
    """Make no offer

    By the provider, which says why.
    """
    return service.refuse_request(negotiation_id=negotiation_id, **given, actor=current_actor(), now=clock.now())


@negotiations.route("/<int:negotiation_id>/change-request", methods=["POST"])
@allow(may_ask_for_offers)
@problems(NegotiationMissing, StateForbids)
@idempotent
@negotiations.arguments(SaidAnswerSchema)
@negotiations.response(201, NegotiationSchema)
def ask_change(given: dict[str, Any], negotiation_id: int) -> Negotiation:
    """Ask for another offer

    By the user, who says what should differ. The round stays to be read.
    """
    return service.ask_for_change(negotiation_id=negotiation_id, **given, actor=current_actor(), now=clock.now())


@negotiations.route("/<int:negotiation_id>/agreement", methods=["POST"])
@allow(may_ask_for_offers)
@problems(
    NegotiationMissing,
    OfferOver,
    StateForbids,
    NotAMember,
    FiguresOverdue,
    OfferRefused,
    ServiceNotOffered,
    SlotTaken,
    UnmetNeedUnusable,
)
@idempotent
@negotiations.arguments(AgreementSchema)
@negotiations.response(201, QuoteSchema)
def agree(given: dict[str, Any], negotiation_id: int) -> QuoteAnswer:
    """Agree to an offer

    By the user: a quote at the price of the offer, with the share of the voucher. One order may be placed on it (POST
    /orders) while the offer stands; asked again, it answers another quote at the same price.
    """
    now = clock.now()
    quote = service.agree(negotiation_id=negotiation_id, **given, actor=current_actor(), now=now)
    return quote_answer(quote, on=clock.today(now))


@negotiations.route("/<int:negotiation_id>/decline", methods=["POST"])
@allow(may_ask_for_offers)
@problems(NegotiationMissing, StateForbids)
@idempotent
@negotiations.arguments(AnswerSchema)
@negotiations.response(201, NegotiationSchema)
def decline(given: dict[str, Any], negotiation_id: int) -> Negotiation:
    """Decline an offer

    By the user, also one that was agreed to while nothing is ordered on it.
    """
    return service.decline_offer(negotiation_id=negotiation_id, **given, actor=current_actor(), now=clock.now())


@negotiations.route("/<int:negotiation_id>/withdrawal", methods=["POST"])
@allow(may_ask_for_offers)
@problems(NegotiationMissing, StateForbids)
@idempotent
@negotiations.arguments(AnswerSchema)
@negotiations.response(201, NegotiationSchema)
def withdraw(given: dict[str, Any], negotiation_id: int) -> Negotiation:
    """Take a request back

    By the user, before an offer is made.
    """
    return service.withdraw_request(negotiation_id=negotiation_id, **given, actor=current_actor(), now=clock.now())
