"""What the beneficiary pays the provider: by bank transfer, confirmed by the provider, or online."""

from __future__ import annotations

from datetime import date, datetime

from core import audit, clock
from core.db import transaction
from core.errors import Conflict, Reason, Refused, reason, refuse_all
from core.money import yuan_text
from core.permissions import Actor, authorise
from core.states import state_refusal
from marketplace.models import Order
from marketplace.permissions import is_beneficiary_side, is_provider_side
from marketplace.queries import find_order
from marketplace.states import ORDER, PAYABLE
from settlement.models import Payment
from settlement.queries import order_money
from settlement.queries.trade import payments_of
from settlement.rules.methods import PaymentMethod
from settlement.steps import open_attempt, record_payment


class PaymentRefused(Refused):
    """The payment does not fit what is due."""

    code = "payment_refused"


class NothingDue(Conflict):
    """The order is paid in full."""

    code = "nothing_due"
    article = "V16"


def confirm_payment(
    *,
    order_id: int,
    amount_fen: int | None,
    paid_on: date | None,
    reference: str,
    actor: Actor,
    now: datetime,
) -> Order:
    """The provider confirms a transfer of ``amount_fen`` (all that is due where None), at most what is due."""
    with transaction():
        order = find_order(order_id, actor=actor, lock=True)
        authorise(actor, is_provider_side, order)
        amount = _amount(order, amount_fen, paid_on=paid_on, today=clock.today(now))
        reference = reference or f"{order.id}-{len(payments_of(order.id)) + 1}"
        record_payment(order_id=order.id, amount_fen=amount, reference=reference, actor=actor, now=now)
        audit.record(
            actor=actor,
            now=now,
            action="confirm_payment",
            subject=order,
            data={"amount_fen": amount, "reference": reference, "paid_on": str(paid_on or clock.today(now))},
        )
        return order


def pay_online(
    *,
    order_id: int,
    amount_fen: int | None,
    method: PaymentMethod,
    public_url: str,
    actor: Actor,
    now: datetime,
) -> Payment:
    """The beneficiary begins to pay ``amount_fen`` (all that is due where None) through the gateway, which is asked
    after the commit. Raises what stands against it (``PAYING_ONLINE``) and :class:`NothingDue`."""
    with transaction():
        order = find_order(order_id, actor=actor, lock=True)
        authorise(actor, is_beneficiary_side, order)
        amount = _amount(order, amount_fen, paid_on=None, today=clock.today(now))
        return open_attempt(
            order_id=order.id, amount_fen=amount, method=method, public_url=public_url, actor=actor, now=now
        )


def _amount(order: Order, amount_fen: int | None, *, paid_on: date | None, today: date) -> int:
    """What is paid of an order, all that is due where None is said."""
    if order.state not in PAYABLE:
        raise state_refusal(order.state, "payment", transitions=ORDER)
    due = order_money(order.id).due_fen
    if due <= 0:
        raise NothingDue
    amount = due if amount_fen is None else amount_fen
    refuse_all(_faults(amount=amount, due=due, paid_on=paid_on, today=today), error=PaymentRefused)
    return amount


def _faults(*, amount: int, due: int, paid_on: date | None, today: date) -> list[Reason]:
    faults: list[Reason] = []
    if amount > due:
        faults.append(reason("payment_over_due", article="V16", field="amount_fen", due=yuan_text(due)))
    if paid_on is not None and paid_on > today:
        faults.append(reason("paid_in_future", field="paid_on", today=today))
    return faults
