"""How the quotes, orders and claims of a resident firm stand, for the incubator that assists it (V7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from accounts.permissions import incubator
from accounts.queries.residences import ResidenceMissing, find_residence
from accounts.states import ResidenceState
from core.db import session
from core.permissions import Actor
from marketplace.models import Order, Quote
from marketplace.queries.quotes import still_open
from marketplace.states import OrderState
from vouchers.models import Claim
from vouchers.states import ClaimState

MOST_SHOWN = 100
"""The latest of each; whoever assists needs what is under way."""


@dataclass(frozen=True, slots=True)
class OrderProgress:
    """An order in a few words; with whom it is placed is the firm's own affair."""

    id: int
    state: OrderState
    placed_at: datetime
    expected_completion: date
    price_fen: int
    subsidy_fen: int


@dataclass(frozen=True, slots=True)
class ClaimProgress:
    """A claim in a few words; ``due_on`` is the last day of what its claimant must do next, None where nothing."""

    id: int
    order_id: int
    state: ClaimState
    due_on: date | None
    claimed_fen: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What is under way for a resident firm."""

    open_quotes: int
    orders: Sequence[OrderProgress]
    claims: Sequence[ClaimProgress]


def progress_of(residence_id: int, *, actor: Actor, now: datetime) -> Progress:
    """How a resident firm stands, for itself and, while it is accepted, for its incubator.

    Raises :class:`ResidenceMissing` to everybody else, and to an incubator that was only asked or is no longer one.
    """
    residence = find_residence(residence_id, actor=actor)
    is_assisting = incubator(actor) and residence.state is ResidenceState.ACCEPTED
    if not is_assisting and residence.enterprise_id != actor.organisation_id:
        raise ResidenceMissing
    firm = residence.enterprise_id
    orders = session().scalars(
        select(Order).where(Order.beneficiary_id == firm).order_by(Order.id.desc()).limit(MOST_SHOWN)
    )
    claims = session().scalars(
        select(Claim).where(Claim.beneficiary_id == firm).order_by(Claim.id.desc()).limit(MOST_SHOWN)
    )
    quotes = session().scalar(
        select(func.count()).select_from(Quote).where(Quote.beneficiary_id == firm, still_open(now))
    )
    return Progress(
        open_quotes=quotes or 0,
        orders=[
            OrderProgress(
                each.id,
                each.state,
                each.placed_at,
                each.expected_completion,
                each.price_fen,
                each.subsidy_fen,
            )
            for each in orders
        ],
        claims=[ClaimProgress(each.id, each.order_id, each.state, _due_on(each), each.claimed_fen) for each in claims],
    )


def _due_on(claim: Claim) -> date | None:
    if claim.state is ClaimState.DRAFT:
        return claim.last_day
    return claim.correct_by if claim.state is ClaimState.RETURNED else None
