"""Reads of quotes: only those who asked see them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import BigInteger, ColumnElement, Date, Select, and_, bindparam, exists, select

from accounts.queries import acts_as, acts_for
from accounts.queries.memberships import approved_member
from core.db import find_at_once, session
from core.errors import NotFound
from core.gathering import Gathering
from core.permissions import Actor
from core.workdays import WorkingCalendar, calendar_in, calendar_parts
from marketplace.models import Order, Quote
from settlement.models import Shortfall
from settlement.queries.trade import is_unpaid_by


class QuoteMissing(NotFound):
    """There is no such quote for this actor."""

    code = "not_found"


def visible_quotes(actor: Actor) -> Select[tuple[Quote]]:
    """The quotes of the organisations an actor acts for."""
    return select(Quote).where(Quote.beneficiary_id.in_(acts_for(actor)))


def find_quote(quote_id: int, *, actor: Actor) -> Quote:
    """A quote of the actor's own; raises :class:`QuoteMissing`."""
    found = find_at_once(Quote, quote_id)
    if found is None or not acts_as(actor, found.beneficiary_id):
        raise QuoteMissing
    return found


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is on a day to say for and against an order on a quote, besides what it is about."""

    is_used: bool
    is_members: bool
    owes_shortfall: bool
    calendar: WorkingCalendar
    """From that day on."""


_USER = bindparam("user", type_=BigInteger)
_ON = bindparam("on", type_=Date)
_STANDING = Gathering(
    orders=select(Order.id).where(Order.quote_id == bindparam("quote", type_=BigInteger)),
    memberships=approved_member(_USER, _ON),
    shortfalls=select(Shortfall.id).where(is_unpaid_by(_USER)),
    **calendar_parts(_ON),
)


def standing_of(quote: Quote, *, on: date) -> Standing:
    """How a quote and whom it was given stand on a day."""
    found = _STANDING.read(quote=quote.id, user=quote.beneficiary_id, on=on)
    return Standing(bool(found["orders"]), bool(found["memberships"]), bool(found["shortfalls"]), calendar_in(found))


def orders_on(quote_ids: Collection[int]) -> dict[int, int]:
    """The numbers of the orders placed on quotes, by quote."""
    found = select(Order.quote_id, Order.id).where(Order.quote_id.in_(quote_ids))
    return dict(session().execute(found).tuples().all())


def still_open(now: datetime) -> ColumnElement[bool]:
    """The condition that an order may still be placed on a quote."""
    return and_(Quote.expires_at > now, Quote.series_id.is_(None), ~exists().where(Order.quote_id == Quote.id))
