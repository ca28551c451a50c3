"""Prices by negotiation: a user asks, the provider offers, the user agrees, declines or asks for a change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from accounts.queries import is_approved_member, organisation
from accounts.queries.beneficiaries import beneficiary_of
from core import audit, clock
from core.db import transaction
from core.errors import Conflict, Refused, refuse_all
from core.permissions import SYSTEM, Actor, authorise
from core.states import allowed_target, apply
from core.workdays import load_calendar
from instruments.queries.instruments import find_service
from instruments.queries.offers import ServiceNotOffered
from instruments.states import ServiceState
from marketplace.models import Negotiation, NegotiationOffer, Quote
from marketplace.permissions import is_asked_for_offer, is_asking_for_offer, may_ask_for_offers
from marketplace.queries.negotiations import find_negotiation, negotiations_to_expire
from marketplace.rules.negotiations import OfferOutcome, OfferTerms, kept_lines, offer_faults, request_faults
from marketplace.service.quotes import unmet_need_of
from marketplace.states import NEGOTIATION, NegotiationAction, NegotiationState
from marketplace.steps.agreeing import agreement, locked, require_standing, standing_agreement
from marketplace.steps.membership import require_membership
from marketplace.steps.quoting import Agreement, Wish, assessed, offered, write_quote
from vouchers.rules.facts import Exclusion, PaymentMode

ACTION = NegotiationAction


class RequestRefused(Refused):
    """The request for an offer has faults; all are named."""

    code = "request_refused"


class TermsRefused(Refused):
    """The offer has faults; all are named."""

    code = "offer_terms_refused"


class PricePublished(Conflict):
    """The service has a published price; ask for a quote."""

    code = "price_published"
    article = "V14"


def ask_for_offer(
    *,
    service_id: int,
    subject: str,
    extent: str,
    needed_from: date | None,
    needed_until: date | None,
    note: str,
    beneficiary_id: int | None,
    actor: Actor,
    now: datetime,
) -> Negotiation:
    """Ask a provider what a service without a published price would cost, for the actor's own organisation or, by an
    incubator, for one of its teams. Raises :class:`RequestRefused`, :class:`PricePublished`, NotAMember and
    ServiceNotOffered."""
    with transaction() as current:
        authorise(actor, may_ask_for_offers)
        user, today = beneficiary_of(actor, beneficiary_id), clock.today(now)
        require_membership(user, is_member=is_approved_member(user, on=today), on=today)
        service = find_service(service_id, actor=actor)
        if service.state is not ServiceState.PUBLISHED or not is_approved_member(service.provider_id, on=today):
            raise ServiceNotOffered
        if not service.by_negotiation:
            raise PricePublished
        refuse_all(
            request_faults(needed_from=needed_from, needed_until=needed_until, today=today), error=RequestRefused
        )
        made = Negotiation(
            beneficiary_id=user,
            provider_id=service.provider_id,
            service_id=service.id,
            title=service.title,
            state=NEGOTIATION.initial,
            subject=subject,
            extent=extent,
            needed_from=needed_from,
            needed_until=needed_until,
            note=note,
            asked_by=actor.user_id,
            asked_at=now,
            ending_note="",
        )
        current.add(made)
        current.flush()
        audit.record(actor=actor, now=now, action="ask", subject=made, to_state=made.state)
        return made


def make_offer(*, negotiation_id: int, terms: OfferTerms, actor: Actor, now: datetime) -> Negotiation:
    """Offer what was asked for at a price, until a day. Raises :class:`TermsRefused` with every fault, a sum above the
    stated cost of a fiscally built provider too (V13)."""
    with transaction() as current:
        negotiation = _of_provider(negotiation_id, ACTION.OFFER, actor=actor)
        is_fiscal = organisation(negotiation.provider_id).fiscal
        refuse_all(offer_faults(terms, is_fiscal=is_fiscal, today=clock.today(now)), error=TermsRefused)
        said = {name: value for name, value in asdict(terms).items() if name != "lines"}
        offer = NegotiationOffer(
            negotiation_id=negotiation.id,
            round=len(negotiation.offers) + 1,
            **said,
            lines=kept_lines(terms.lines),
            price_fen=terms.price_fen,
            offered_by=actor.user_id,
            offered_at=now,
            answer="",
        )
        negotiation.offers.append(offer)
        current.flush()
        _apply(negotiation, ACTION.OFFER, actor=actor, now=now, data=_said(offer))
        return negotiation


def take_offer_back(*, negotiation_id: int, note: str, actor: Actor, now: datetime) -> Negotiation:
    """The provider takes its offer back before it is agreed to; it may make another one."""
    with transaction():
        negotiation = _of_provider(negotiation_id, ACTION.TAKE_BACK, actor=actor)
        return _answered(negotiation, ACTION.TAKE_BACK, OfferOutcome.TAKEN_BACK, note=note, actor=actor, now=now)


def refuse_request(*, negotiation_id: int, note: str, actor: Actor, now: datetime) -> Negotiation:
    """The provider makes no offer, and says why."""
    with transaction():
        negotiation = _of_provider(negotiation_id, ACTION.REFUSE, actor=actor)
        negotiation.ending_note = note
        return _apply(negotiation, ACTION.REFUSE, actor=actor, now=now, note=note)


def ask_for_change(*, negotiation_id: int, note: str, actor: Actor, now: datetime) -> Negotiation:
    """The user asks for another offer and says what should differ."""
    with transaction():
        negotiation = _of_user(negotiation_id, ACTION.ASK_CHANGE, actor=actor)
        return _answered(negotiation, ACTION.ASK_CHANGE, OfferOutcome.CHANGE_ASKED, note=note, actor=actor, now=now)


def decline_offer(*, negotiation_id: int, note: str, actor: Actor, now: datetime) -> Negotiation:
    """The user wants none of it, also after agreeing while nothing is ordered."""
    with transaction():
        negotiation = _of_user(negotiation_id, ACTION.DECLINE, actor=actor)
        negotiation.ending_note = note
        return _answered(negotiation, ACTION.DECLINE, OfferOutcome.DECLINED, note=note, actor=actor, now=now)


def withdraw_request(*, negotiation_id: int, note: str, actor: Actor, now: datetime) -> Negotiation:
    """The user takes the request back before an offer is made."""
    with transaction():
        negotiation = _of_user(negotiation_id, ACTION.WITHDRAW, actor=actor)
        negotiation.ending_note = note
        return _apply(negotiation, ACTION.WITHDRAW, actor=actor, now=now, note=note)


def agree(
    *,
    negotiation_id: int,
    offer_id: int,
    instrument_id: int | None,
    starts_at: datetime | None,
    ends_at: datetime | None,
    payment_mode: PaymentMode,
    unmet_need: str | None,
    unmet_need_id: int | None,
    excluded: Exclusion | None,
    public_project_number: str | None,
    restricted_industry: bool,
    actor: Actor,
    now: datetime,
) -> Quote:
    """Agree to an offer, or ask once more on what was agreed: a quote at its price, on which one order may be placed
    while the offer stands (ADR 0237).

    ``offer_id`` is the offer that was read: another one that took its place is not agreed to. Raises OfferOver, and
    whatever refuses a quote.
    """
    with transaction():
        negotiation = find_negotiation(negotiation_id, actor=actor, lock=True)
        authorise(actor, is_asking_for_offer, negotiation)
        wish = Wish(
            beneficiary_id=negotiation.beneficiary_id,
            service_id=negotiation.service_id,
            instrument_id=instrument_id,
            starts_at=starts_at,
            ends_at=ends_at,
            quantity=None,
            extras=(),
            payment_mode=payment_mode,
            unmet_need=unmet_need_of(unmet_need, unmet_need_id, user=negotiation.beneficiary_id),
            unmet_need_id=unmet_need_id,
            excluded=excluded,
            public_project_number=public_project_number,
            restricted_industry=restricted_industry,
            agreement=_agreed(negotiation, offer_id, actor=actor, now=now),
        )
        on = clock.today(now)
        user = wish.beneficiary_id
        require_membership(user, is_member=is_approved_member(user, on=on), on=on)
        terms = offered(wish, calendar=load_calendar(since=on), now=now)
        return write_quote(wish, terms=terms, assessment=assessed(wish, terms=terms, now=now), actor=actor, now=now)


def expire_offers(*, now: datetime) -> int:
    """Let every offer expire whose last day is over; returns how many."""
    return sum(_expire(each, now=now) for each in negotiations_to_expire(clock.today(now)))


def _agreed(negotiation: Negotiation, offer_id: int, *, actor: Actor, now: datetime) -> Agreement:
    """The offer as agreed to, now or before."""
    if negotiation.state is NegotiationState.AGREED:
        return standing_agreement(negotiation.id, offer_id=offer_id, now=now)
    allowed_target(negotiation.state, ACTION.AGREE, transitions=NEGOTIATION)
    offer = require_standing(negotiation.latest, offer_id, now=now)
    _answered(negotiation, ACTION.AGREE, OfferOutcome.AGREED, note="", actor=actor, now=now)
    return agreement(negotiation, offer)


def _expire(negotiation_id: int, *, now: datetime) -> bool:
    with transaction():
        negotiation = locked(negotiation_id)
        offer = negotiation.latest
        target = NEGOTIATION.target(negotiation.state, ACTION.EXPIRE)
        if target is None or offer is None or offer.valid_until >= clock.today(now):
            return False
        _answered(negotiation, ACTION.EXPIRE, OfferOutcome.EXPIRED, note="", actor=SYSTEM, now=now)
        return True


def _of_provider(negotiation_id: int, action: NegotiationAction, *, actor: Actor) -> Negotiation:
    negotiation = find_negotiation(negotiation_id, actor=actor, lock=True)
    authorise(actor, is_asked_for_offer, negotiation)
    allowed_target(negotiation.state, action, transitions=NEGOTIATION)
    return negotiation


def _of_user(negotiation_id: int, action: NegotiationAction, *, actor: Actor) -> Negotiation:
    negotiation = find_negotiation(negotiation_id, actor=actor, lock=True)
    authorise(actor, is_asking_for_offer, negotiation)
    allowed_target(negotiation.state, action, transitions=NEGOTIATION)
    return negotiation


def _answered(
    negotiation: Negotiation,
    action: NegotiationAction,
    outcome: OfferOutcome,
    *,
    note: str,
    actor: Actor,
    now: datetime,
) -> Negotiation:
    """Keep what became of the latest offer, once; what is written later stands beside it."""
    offer = negotiation.latest
    if offer is not None:
        offer.answer = note or offer.answer
        if offer.outcome is None:
            offer.outcome, offer.answered_by, offer.answered_at = outcome, actor.user_id, now
    said = {} if offer is None else _said(offer)
    return _apply(negotiation, action, actor=actor, now=now, note=note, data=said)


def _apply(
    negotiation: Negotiation,
    action: NegotiationAction,
    *,
    actor: Actor,
    now: datetime,
    note: str = "",
    data: Mapping[str, Any] | None = None,
) -> Negotiation:
    apply(negotiation, action, transitions=NEGOTIATION, actor=actor, now=now, note=note or None, data=data)
    return negotiation


def _said(offer: NegotiationOffer) -> dict[str, Any]:
    return {
        "offer_id": offer.id,
        "round": offer.round,
        "price_fen": offer.price_fen,
        "valid_until": offer.valid_until.isoformat(),
    }
