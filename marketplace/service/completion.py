"""Completion: the actual quantity settles the price, the service record is frozen and the claim opens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from core import clock
from core.db import require_transaction, transaction
from core.errors import Refused, refuse_all
from core.permissions import Actor, authorise
from core.states import allowed_target, apply
from instruments.queries import PublishedPrice, booked_hours, published_price
from instruments.rules.extras import WantedExtra
from instruments.rules.pricing import sum_faults
from instruments.rules.terms import PriceGroup, PriceUnit
from marketplace.models import Order
from marketplace.permissions import is_beneficiary_side, is_party
from marketplace.queries import find_order
from marketplace.queries.price_history import related_orders, usual_prices
from marketplace.rules.completion import completion_faults, used_faults
from marketplace.rules.lines import Line, counting_fen, sum_fen
from marketplace.states import ORDER, OrderAction
from marketplace.steps.placing import money_of
from marketplace.steps.usage import amend_record
from settlement import steps as settlement
from settlement.queries import order_money
from vouchers import steps as vouchers
from vouchers.models import Claim
from vouchers.queries.flag_facts import abuse_policy
from vouchers.rules.record import ServiceRecord


class CompletionRefused(Refused):
    """The day or the quantity of the completion has faults."""

    code = "completion_refused"


def complete(
    *,
    order_id: int,
    completed_on: date,
    quantity: Decimal | None,
    extras: Sequence[WantedExtra] = (),
    actor: Actor,
    now: datetime,
) -> Order:
    """State the day and the actual quantities, of the service (as booked where None) and of extras (as ordered where
    left out).

    The price follows the quantity; the subsidy never rises, so more than was agreed is self-pay and less releases the
    difference of the hold (V12 hold). What was paid too much is refunded. Raises CompletionRefused with all faults.
    """
    with transaction():
        order = find_order(order_id, actor=actor, lock=True)
        authorise(actor, is_party, order)
        allowed_target(order.state, OrderAction.COMPLETE, transitions=ORDER)
        actual = order.booked_quantity if quantity is None else quantity
        by_provider = not is_beneficiary_side(actor, order)
        faults = completion_faults(
            completed_on=completed_on,
            today=clock.today(now),
            started_on=clock.today(order.started_at or order.placed_at),
            quantity=actual,
            ordered=order.booked_quantity,
            by_provider=by_provider,
        )
        faults += used_faults(extras, ordered=ordered_extras(order), by_provider=by_provider)
        refuse_all(faults, error=CompletionRefused)
        used = {**ordered_extras(order), **{each.extra_id: each.quantity for each in extras}}
        actual_extras = {str(number): f"{count.normalize():f}" for number, count in used.items()}
        lines = order.quote.lines_for(actual, actual_extras)
        refuse_all(sum_faults(sum_fen(lines)), error=CompletionRefused)
        record = record_of(order, completed_on=completed_on, actual=actual, lines=lines, now=now)
        claim = _open_claim(order, record, actor=actor, now=now)
        subsidy_fen, aid_fen = (0, 0) if claim is None else (claim.subsidy_fen, claim.aid_fen)
        order.actual_quantity, order.completed_on = actual, completed_on
        order.actual_extras = actual_extras or None
        order.price_fen, order.subsidy_fen, order.other_aid_fen = record.actual_fen, subsidy_fen, aid_fen
        order.self_pay_fen = record.actual_fen - subsidy_fen - aid_fen
        order.service_record = {**record.as_json(), "claim_id": None if claim is None else claim.id}
        apply(order, OrderAction.COMPLETE, transitions=ORDER, actor=actor, now=now, data=money_of(order))
        _settle_difference(order, actor=actor, now=now)
        return order


def ordered_extras(order: Order) -> dict[int, Decimal]:
    """How much of which extra was ordered."""
    return {each["extra_id"]: Decimal(each["quantity"]) for each in order.quote.extras}


def record_of(
    order: Order, *, completed_on: date, actual: Decimal, lines: Sequence[Line], now: datetime
) -> ServiceRecord:
    """What vouchers is told of the deal, frozen at completion; ``lines`` are what it costs for what was used."""
    hours, published = booked_hours(order.id), _published(order, now=now)
    figures = abuse_policy(completed_on)
    return ServiceRecord(
        order_id=order.id,
        beneficiary_id=order.beneficiary_id,
        provider_id=order.provider_id,
        title=order.quote.title,
        service_kind=order.quote.service_kind,
        payment_mode=order.payment_mode,
        completed_on=completed_on,
        contract_fen=order.contract_fen,
        actual_fen=sum_fen(lines),
        counted_contract_fen=order.quote.base_fen,
        counted_actual_fen=counting_fen(lines),
        lines=tuple(each.as_json() for each in lines) if order.quote.extras else (),
        price_unit=order.quote.price_unit,
        unit_price_fen=order.quote.unit_price_fen,
        price_group=order.quote.price_group,
        minimum_charge_fen=order.quote.minimum_charge_fen,
        billing_step_minutes=order.quote.billing_step_minutes,
        ordered_quantity=str(order.quantity),
        actual_quantity=str(actual),
        placed_on=clock.today(order.placed_at),
        delivered_on=None if order.delivery is None else clock.today(order.delivery.delivered_at),
        booked_hours=None if hours is None else str(hours),
        charged_hours=str(actual) if order.quote.price_unit == PriceUnit.HOUR else None,
        published_price_fen=published.price_fen,
        usual_prices_fen=tuple(usual_prices(order, limit=figures.price_sample)),
        cost_fen=published.cost_fen,
        cost_basis=published.cost_basis,
        related_orders=tuple(related_orders(order, within_days=figures.split_within_days)),
        details={"unmet_need": order.quote.unmet_need, "contract_terms": order.contract_terms},
    )


def _published(order: Order, *, now: datetime) -> PublishedPrice:
    """What is published today for the group the order was priced for; nothing where its price was agreed on."""
    if order.quote.offer_id is not None:
        return PublishedPrice(price_fen=None, cost_fen=None, cost_basis="")
    group = order.quote.price_group or PriceGroup.IN_PROVINCE
    return published_price(order.quote.service_id, group=group, on=clock.today(now))


def _open_claim(order: Order, record: ServiceRecord, *, actor: Actor, now: datetime) -> Claim | None:
    """Hand the record down; the claim's sum is the subsidy from now on. Without a voucher there is no claim."""
    if not order.eligible:
        return None
    claim = vouchers.open_claim(record=record, actor=actor, now=now)
    require_transaction().flush()
    amend_record(order.id, actor=actor, now=now)
    return claim


def _settle_difference(order: Order, *, actor: Actor, now: datetime) -> None:
    """Refund what was paid above the new sum, then charge that sum."""
    money = order_money(order.id)
    overpaid = money.self_pay_fen - money.due_fen - order.due_to_provider_fen
    if overpaid > 0:
        settlement.refund_order(order_id=order.id, amount_fen=overpaid, actor=actor, now=now)
    settlement.adjust_charge(
        order_id=order.id,
        self_pay_fen=order.due_to_provider_fen,
        subsidy_receivable_fen=order.deducted_fen,
        actor=actor,
        now=now,
    )
