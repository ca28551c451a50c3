"""Prices agreed on by negotiation, as quotes and orders use them (ADR 0237)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from core import clock
from core.db import require_transaction
from core.errors import Conflict
from core.permissions import Actor
from core.states import apply
from marketplace.models import Negotiation, NegotiationOffer
from marketplace.states import NEGOTIATION, NegotiationAction, NegotiationState
from marketplace.steps.quoting import Agreement


class OfferOver(Conflict):
    """The offer was ordered on, declined or replaced by another one, or its last day is over."""

    code = "offer_over"
    article = "V14"


def locked(negotiation_id: int) -> Negotiation:
    """A negotiation as it is now, kept so until the transaction ends."""
    found = select(Negotiation).where(Negotiation.id == negotiation_id).with_for_update(of=Negotiation)
    return require_transaction().scalars(found.execution_options(populate_existing=True)).one()


def standing_agreement(negotiation_id: int, *, offer_id: int | None, now: datetime) -> Agreement:
    """What was agreed on, while an order may be placed on it; raises :class:`OfferOver`. Locks the negotiation."""
    negotiation = locked(negotiation_id)
    return agreement(negotiation, _standing(negotiation, offer_id, now=now))


def agreement(negotiation: Negotiation, offer: NegotiationOffer) -> Agreement:
    """An offer as a wish for a quote takes it."""
    return Agreement(negotiation.id, offer.id, offer.agreed, offer.valid_until)


def use_agreement(negotiation_id: int, *, offer_id: int | None, actor: Actor, now: datetime) -> None:
    """Let an order be placed on what was agreed on, this once; raises :class:`OfferOver`."""
    negotiation = locked(negotiation_id)
    _standing(negotiation, offer_id, now=now)
    apply(negotiation, NegotiationAction.ORDER, transitions=NEGOTIATION, actor=actor, now=now)


def require_standing(offer: NegotiationOffer | None, offer_id: int | None, *, now: datetime) -> NegotiationOffer:
    """The offer that is meant, while it stands; another one that took its place, and one whose last day is over, are
    refused whether or not the worker has run since."""
    if offer is None or offer.id != offer_id or offer.valid_until < clock.today(now):
        raise OfferOver
    return offer


def _standing(negotiation: Negotiation, offer_id: int | None, *, now: datetime) -> NegotiationOffer:
    if negotiation.state is not NegotiationState.AGREED:
        raise OfferOver
    return require_standing(negotiation.latest, offer_id, now=now)
