"""Reads of series of bookings: only those who asked see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select

from accounts.queries import acts_for
from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from marketplace.models import BookingSeries, Order, Quote, SeriesSlot
from marketplace.states import ORDER, OrderAction, SeriesState


class SeriesMissing(NotFound):
    """There is no such series for this actor."""

    code = "series_missing"


@dataclass(frozen=True, slots=True)
class SeriesView:
    """A series with the orders that were placed for it, by their quotes."""

    series: BookingSeries
    orders: Mapping[int, Order]

    def order_of(self, slot: SeriesSlot) -> Order | None:
        """The order of a slot."""
        return None if slot.quote_id is None else self.orders.get(slot.quote_id)

    @property
    def bookable(self) -> list[SeriesSlot]:
        """The slots that could be booked when they were looked at."""
        return [each for each in self.series.slots if each.quote_id is not None and not each.reasons]


def visible_series(actor: Actor, *, state: SeriesState | None = None) -> Select[tuple[BookingSeries]]:
    """The series of the organisations an actor acts for, perhaps of one state only."""
    found = select(BookingSeries).where(BookingSeries.beneficiary_id.in_(acts_for(actor)))
    return found if state is None else found.where(BookingSeries.state == state)


def find_series(series_id: int, *, actor: Actor, lock: bool = False) -> BookingSeries:
    """One of these; raises :class:`SeriesMissing`."""
    found = visible_series(actor).where(BookingSeries.id == series_id)
    if lock:
        locked = found.with_for_update(key_share=True, of=BookingSeries)
        found = locked.execution_options(populate_existing=True)
    series = session().scalar(found)
    if series is None:
        raise SeriesMissing
    return series


def series_views(several: Sequence[BookingSeries]) -> list[SeriesView]:
    """Series with their orders, in one query."""
    found = select(Quote.series_id, Order).join(Order, Order.quote_id == Quote.id)
    rows = session().execute(found.where(Quote.series_id.in_([each.id for each in several]))).tuples().all()
    return [
        SeriesView(each, {order.quote_id: order for number, order in rows if number == each.id}) for each in several
    ]


def lock_orders_of(series: BookingSeries) -> Sequence[Order]:
    """The orders of a series, locked by their numbers."""
    mine = select(Quote.id).where(Quote.series_id == series.id)
    found = select(Order).where(Order.quote_id.in_(mine)).order_by(Order.id)
    locked = found.with_for_update(of=Order, key_share=True).execution_options(populate_existing=True)
    return session().scalars(locked).all()


def may_still_end(order: Order, *, now: datetime) -> bool:
    """Whether an order can be cancelled and its slot has not begun."""
    slot = order.during
    ahead = slot is not None and slot.start > now
    return ahead and ORDER.target(order.state, OrderAction.CANCEL) is not None
