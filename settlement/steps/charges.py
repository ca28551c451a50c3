"""What an order is charged: the user's own part and, in direct deduction, the part deducted for the subsidy."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from core import audit
from core.db import require_transaction
from core.errors import Conflict, NotFound, Refused
from core.permissions import Actor
from settlement.models import LedgerAccount, OrderCharge
from settlement.rules import postings
from settlement.rules.chart import AccountKind, AccountRef, TransactionKind, order_owner
from settlement.rules.methods import PaymentPurpose
from settlement.rules.postings import Entries
from settlement.steps.attempts import give_up_attempts
from settlement.steps.posting import Parties, Posting, locked_account, post


class OrderCharged(Conflict):
    """This order has been charged already."""

    code = "order_charged"


class OrderNotCharged(NotFound):
    """Nothing was ever charged for this order."""

    code = "order_not_charged"


class ChargeBelowPaid(Refused):
    """A charge cannot be lowered below what has been paid; refund the difference first."""

    code = "charge_below_paid"
    article = "V16"


def charge_order(
    *,
    order_id: int,
    user_id: int,
    provider_id: int,
    self_pay_fen: int,
    subsidy_receivable_fen: int,
    actor: Actor,
    now: datetime,
) -> OrderCharge:
    """Charge an order: the user's own part, and in direct deduction the part deducted for the subsidy (else 0).

    Raises :class:`OrderCharged`.
    """
    current = require_transaction()
    if current.scalars(select(OrderCharge.id).where(OrderCharge.order_id == order_id)).first() is not None:
        raise OrderCharged(order=order_id)
    charge = OrderCharge(
        order_id=order_id,
        user_id=user_id,
        provider_id=provider_id,
        self_pay_fen=self_pay_fen,
        subsidy_fen=subsidy_receivable_fen,
        charged_at=now,
    )
    current.add(charge)
    audit.record(
        actor=actor,
        now=now,
        action="charge",
        subject=charge,
        data={"self_pay_fen": self_pay_fen, "subsidy_fen": subsidy_receivable_fen},
    )
    _change(charge, self_pay_fen, subsidy_receivable_fen, TransactionKind.ORDER_CHARGED, actor=actor, now=now)
    return charge


def adjust_charge(
    *, order_id: int, self_pay_fen: int, subsidy_receivable_fen: int, actor: Actor, now: datetime
) -> None:
    """Set an order's charge anew, as at completion with the actual quantity or at cancellation (both 0).

    Raises :class:`OrderNotCharged` and :class:`ChargeBelowPaid`: what has been paid is refunded first.
    """
    charge = locked_charge(order_id)
    self_pay_change = self_pay_fen - charge.self_pay_fen
    subsidy_change = subsidy_receivable_fen - charge.subsidy_fen
    due = locked_trade(AccountKind.DUE_FROM_USER, charge).balance_fen
    receivable = locked_trade(AccountKind.SUBSIDY_RECEIVABLE, charge).balance_fen
    if due + self_pay_change < 0 or receivable + subsidy_change < 0:
        raise ChargeBelowPaid(order=order_id)
    if self_pay_change == 0 and subsidy_change == 0:
        return
    give_up_attempts(order_id, purpose=PaymentPurpose.ORDER, actor=actor, now=now)
    before = {"self_pay_fen": charge.self_pay_fen, "subsidy_fen": charge.subsidy_fen}
    charge.self_pay_fen, charge.subsidy_fen = self_pay_fen, subsidy_receivable_fen
    after = {"self_pay_fen": self_pay_fen, "subsidy_fen": subsidy_receivable_fen}
    audit.record(actor=actor, now=now, action="adjust", subject=charge, data={"before": before, "after": after})
    _change(charge, self_pay_change, subsidy_change, TransactionKind.CHARGE_ADJUSTED, actor=actor, now=now)


def find_charge(order_id: int) -> OrderCharge | None:
    """The charge of an order, locked, or None."""
    return (
        require_transaction()
        .scalars(
            select(OrderCharge)
            .where(OrderCharge.order_id == order_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        .one_or_none()
    )


def locked_charge(order_id: int) -> OrderCharge:
    """The charge of an order, locked; raises :class:`OrderNotCharged`."""
    charge = find_charge(order_id)
    if charge is None:
        raise OrderNotCharged(order=order_id)
    return charge


def post_trade(
    charge: OrderCharge,
    entries: Entries,
    kind: TransactionKind,
    *,
    actor: Actor,
    now: datetime,
    article: str | None = None,
    reverses_id: int | None = None,
) -> int:
    return post(
        Posting(
            kind,
            entries,
            source=order_owner(charge.order_id),
            order_id=charge.order_id,
            article=article,
            reverses_id=reverses_id,
            parties=_parties(charge),
        ),
        actor=actor,
        now=now,
    )


def locked_trade(kind: AccountKind, charge: OrderCharge) -> LedgerAccount:
    return locked_account(AccountRef(kind, order_owner(charge.order_id)), parties=_parties(charge))


def _change(
    charge: OrderCharge,
    self_pay_fen: int,
    subsidy_fen: int,
    kind: TransactionKind,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    if self_pay_fen == 0 and subsidy_fen == 0:
        return  # a free order moves no money
    entries = postings.charge_changed(order_id=charge.order_id, self_pay_fen=self_pay_fen, subsidy_fen=subsidy_fen)
    post_trade(charge, entries, kind, actor=actor, now=now)


def _parties(charge: OrderCharge) -> Parties:
    return Parties(party_id=charge.user_id, counterparty_id=charge.provider_id)
