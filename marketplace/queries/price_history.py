"""What the flags need to know of other orders: what a provider usually takes, and what else a pair ordered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from core import clock
from core.db import session
from instruments.rules.terms import PriceGroup
from marketplace.models import Order, Quote
from marketplace.states import OrderState
from vouchers.rules.flags.splitting import PairOrder

GIVEN_UP = (OrderState.DECLINED, OrderState.LAPSED, OrderState.CANCELLED)


def usual_prices(order: Order, *, limit: int) -> Sequence[int]:
    """What a unit cost users of that group in the provider's last completed services of that kind and unit, in fen,
    the latest first. What was agreed on by negotiation is compared with nothing, and nothing with it."""
    if order.quote.offer_id is not None:
        return []
    group = order.quote.price_group or PriceGroup.IN_PROVINCE
    return (
        session()
        .scalars(
            select(Quote.unit_price_fen)
            .join(Order, Order.quote_id == Quote.id)
            .where(
                Order.provider_id == order.provider_id,
                Order.id != order.id,
                Order.state == OrderState.COMPLETED,
                Quote.offer_id.is_(None),
                Quote.service_kind == order.quote.service_kind,
                Quote.price_unit == order.quote.price_unit,
                func.coalesce(Quote.price_group, PriceGroup.IN_PROVINCE) == group,
            )
            .order_by(Order.completed_on.desc(), Order.id.desc())
            .limit(limit)
        )
        .all()
    )


def related_orders(order: Order, *, within_days: int) -> Sequence[PairOrder]:
    """The pair's other orders of that kind, placed within so many days before or after and not given up."""
    around = timedelta(days=within_days)
    placed_on = clock.today(order.placed_at)
    found = session().scalars(
        select(Order)
        .join(Quote, Order.quote_id == Quote.id)
        .where(
            Order.beneficiary_id == order.beneficiary_id,
            Order.provider_id == order.provider_id,
            Order.id != order.id,
            Order.state.not_in(GIVEN_UP),
            Quote.service_kind == order.quote.service_kind,
            Order.placed_at >= clock.start_of_day(placed_on - around),
            Order.placed_at < clock.end_of_day(placed_on + around),
        )
        .order_by(Order.id)
    )
    return [_pair_order(each) for each in found]


def _pair_order(order: Order) -> PairOrder:
    quote = order.quote
    return PairOrder(
        order_id=order.id,
        placed_on=clock.today(order.placed_at),
        title=quote.title,
        kind=quote.service_kind,
        price_unit=quote.price_unit,
        unit_price_fen=quote.unit_price_fen,
        contract_fen=order.contract_fen,
        entitlement_fen=quote.entitlement_fen,
        year=order.expected_completion.year,
    )
