"""Reads of negotiations: each side its own."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Select, func, or_, select

from accounts.permissions import provider
from accounts.queries import acts_for
from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from marketplace.models import Negotiation, NegotiationOffer, Order, Quote
from marketplace.states import NegotiationState

OPEN_OFFERS = (NegotiationState.OFFERED, NegotiationState.AGREED)
"""States in which an offer may still expire."""


class NegotiationMissing(NotFound):
    """There is no such request for this actor."""

    code = "negotiation_missing"


def visible_negotiations(actor: Actor, *, state: NegotiationState | None = None) -> Select[tuple[Negotiation]]:
    """The requests of the organisations an actor acts for, and those to its provider."""
    own = Negotiation.beneficiary_id.in_(acts_for(actor))
    told = Negotiation.provider_id == actor.organisation_id
    found = select(Negotiation).where(or_(own, told) if provider(actor) else own)
    return found if state is None else found.where(Negotiation.state == state)


def find_negotiation(negotiation_id: int, *, actor: Actor, lock: bool = False) -> Negotiation:
    """A request in sight; raises :class:`NegotiationMissing`."""
    found = visible_negotiations(actor).where(Negotiation.id == negotiation_id)
    if lock:
        found = found.with_for_update(of=Negotiation).execution_options(populate_existing=True)
    negotiation = session().scalar(found)
    if negotiation is None:
        raise NegotiationMissing
    return negotiation


def negotiations_to_expire(today: date) -> list[int]:
    """The numbers of those whose latest offer stood until a day before this one."""
    newest = select(func.max(NegotiationOffer.id)).where(NegotiationOffer.negotiation_id == Negotiation.id)
    found = (
        select(Negotiation.id)
        .join(NegotiationOffer, NegotiationOffer.id == newest.correlate(Negotiation).scalar_subquery())
        .where(Negotiation.state.in_(OPEN_OFFERS), NegotiationOffer.valid_until < today)
    )
    return list(session().scalars(found.order_by(Negotiation.id)))


def quotes_of(negotiation_id: int, *, actor: Actor) -> list[tuple[int, int | None]]:
    """The user's quotes on what was agreed, each with the order placed on it, for who may see them."""
    found = (
        select(Quote.id, Order.id)
        .outerjoin(Order, Order.quote_id == Quote.id)
        .where(Quote.negotiation_id == negotiation_id, Quote.beneficiary_id.in_(acts_for(actor)))
    )
    return list(session().execute(found.order_by(Quote.id)).tuples())


def order_of(negotiation_id: int) -> int | None:
    """The order that was placed on what was agreed, if one was."""
    found = select(Order.id).join(Quote, Order.quote_id == Quote.id).where(Quote.negotiation_id == negotiation_id)
    return session().scalar(found)
