"""Reads of orders: the parties, the city of either, and the province's offices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true
from sqlalchemy.orm import aliased

from accounts.models import Organisation
from accounts.permissions import Role
from accounts.queries import acts_for
from core.clock import end_of_day, start_of_day
from core.db import session
from core.errors import NotFound
from core.permissions import SYSTEM, Actor
from instruments.models import Occupancy
from instruments.queries.interruptions import bookings_ahead
from instruments.rules.cancelling import FeeKind
from marketplace.models import Order, Quote
from marketplace.states import PAYABLE, OrderState
from settlement.models import LedgerAccount
from settlement.queries import OrderMoney, orders_money
from settlement.queries.payments import PaymentView
from settlement.queries.trade import UNCHARGED
from settlement.rules.chart import AccountKind
from vouchers.models import Claim

_READS_ALL = frozenset({Role.PROVINCE, Role.FINANCE_MAKER, Role.FINANCE_CHECKER, Role.AUDITOR})
READS_ITS_CITY = frozenset({Role.CITY_BUREAU, Role.CITY_FINANCE, Role.DELEGATED_AGENCY})

_TOO_LONG = 19
"""Digits of which some numbers are beyond what the database holds."""


class OrderMissing(NotFound):
    """There is no such order for this actor."""

    code = "not_found"


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order with its money."""

    order: Order
    money: OrderMoney


@dataclass(frozen=True, slots=True)
class PaidOrderView(OrderView):
    """The same with a payment that was begun, if any."""

    payment: PaymentView | None


def visible_orders(
    actor: Actor, *, state: OrderState | None = None, fee_kind: FeeKind | None = None
) -> Select[tuple[Order]]:
    """The orders an actor may see, perhaps of one state or with one kind of fee only (V6)."""
    found = select(Order).where(_visible(actor))
    if fee_kind is not None:
        found = found.where(Order.fee_kind == fee_kind)
    return found if state is None else found.where(Order.state == state)


def orders_ahead(instrument_id: int, *, at: datetime) -> list[Order]:
    """Orders with a live booking of an instrument that was not over at an instant, for what tells their users."""
    ids = bookings_ahead(instrument_id, now=at).order_by(None).with_only_columns(Occupancy.order_id)
    return list(session().scalars(select(Order).where(Order.id.in_(ids)).order_by(Order.id)))


def find_order(order_id: int, *, actor: Actor, lock: bool = False) -> Order:
    """An order the actor may see, locked and read afresh if asked; raises :class:`OrderMissing`."""
    found = visible_orders(actor).where(Order.id == order_id)
    if lock:
        found = found.with_for_update(of=Order, key_share=True).execution_options(populate_existing=True)
    order = session().scalars(found).one_or_none()
    if order is None:
        raise OrderMissing
    return order


def view_of(order: Order) -> OrderView:
    """An order already found to be the actor's, with its money."""
    return views([order])[0]


def view_of_new(order: Order) -> OrderView:
    """An order just placed, of which nothing can have been charged yet."""
    return OrderView(order, UNCHARGED)


def views(orders: Sequence[Order]) -> list[OrderView]:
    """Orders already found to be the actor's with their money, in the order given and at once for all."""
    money = orders_money([order.id for order in orders])
    return [OrderView(order, money[order.id]) for order in orders]


def _visible(actor: Actor) -> ColumnElement[bool]:
    if actor == SYSTEM or actor.role in _READS_ALL:
        return true()
    if actor.role in READS_ITS_CITY:
        if actor.city is None:
            return true() if actor.role == Role.DELEGATED_AGENCY else Order.id.is_(None)
        in_city = select(Organisation.id).where(Organisation.city == actor.city)
        of_city = select(Claim.order_id).where(Claim.city == actor.city)
        return or_(Order.beneficiary_id.in_(in_city), Order.provider_id.in_(in_city), Order.id.in_(of_city))
    own = acts_for(actor)
    return or_(Order.beneficiary_id.in_(own), Order.provider_id.in_(own))


def with_words(found: Select[tuple[Order]], words: str) -> Select[tuple[Order]]:
    """Those of a selection whose number it is or whose service has these words in its title."""
    titled = Order.quote_id.in_(select(Quote.id).where(Quote.title.icontains(words, autoescape=True)))
    is_number = words.isascii() and words.isdecimal() and len(words) < _TOO_LONG
    return found.where(or_(titled, Order.id == int(words)) if is_number else titled)


def placed_from(found: Select[tuple[Order]], day: date) -> Select[tuple[Order]]:
    """Those of a selection that were placed on a day or after."""
    return found.where(Order.placed_at >= start_of_day(day))


def placed_to(found: Select[tuple[Order]], day: date) -> Select[tuple[Order]]:
    """Those of a selection that were placed on a day or before."""
    return found.where(Order.placed_at < end_of_day(day))


def unpaid() -> ColumnElement[bool]:
    """The condition that a user still owes the provider something of an order."""
    account = aliased(LedgerAccount)
    owed = exists().where(
        account.kind == AccountKind.DUE_FROM_USER,
        account.owner == func.concat("order:", Order.id),
        account.posted_fen + account.pending_fen > 0,
    )
    return and_(Order.state.in_(PAYABLE), owed)
