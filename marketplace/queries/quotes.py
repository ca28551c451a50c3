"""Reads of quotes: only those who asked see them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, select

from accounts.queries import acts_for
from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from marketplace.models import Order, Quote


class QuoteMissing(NotFound):
    """There is no such quote for this actor."""

    code = "not_found"


def visible_quotes(actor: Actor) -> Select[tuple[Quote]]:
    """The quotes of the organisations an actor acts for."""
    return select(Quote).where(Quote.beneficiary_id.in_(acts_for(actor)))


def find_quote(quote_id: int, *, actor: Actor) -> Quote:
    """A quote of the actor's own; raises :class:`QuoteMissing`."""
    found = session().scalars(visible_quotes(actor).where(Quote.id == quote_id)).one_or_none()
    if found is None:
        raise QuoteMissing
    return found


def orders_on(quote_ids: Collection[int]) -> dict[int, int]:
    """The numbers of the orders placed on quotes, by quote."""
    found = select(Order.quote_id, Order.id).where(Order.quote_id.in_(quote_ids))
    return dict(session().execute(found).tuples().all())


def still_open(now: datetime) -> ColumnElement[bool]:
    """The condition that an order may still be placed on a quote."""
    return and_(Quote.expires_at > now, ~exists().where(Order.quote_id == Quote.id))
