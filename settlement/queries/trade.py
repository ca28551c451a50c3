"""Reads of what user and provider owe each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select

from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from settlement.models import LedgerAccount, OrderCharge, Payment, Shortfall
from settlement.queries.scope import concerns_visible
from settlement.rules.chart import AccountKind, Book, order_owner
from settlement.states import ShortfallState


class ShortfallMissing(NotFound):
    """There is no such shortfall for this actor."""

    code = "shortfall_missing"


@dataclass(frozen=True)
class OrderMoney:
    """The money of one order, in fen.

    ``due_fen`` is what the user still owes of its own part, ``received_fen`` what the provider got from the
    user (shortfall payments included, refunds taken off), ``subsidy_receivable_fen`` the deducted part not
    settled yet, ``subsidy_assigned_fen`` what the province confirmed of it, ``shortfall_fen`` what the user
    owes of what was refused.
    """

    charged: bool
    self_pay_fen: int
    subsidy_fen: int
    due_fen: int
    received_fen: int
    subsidy_receivable_fen: int
    subsidy_assigned_fen: int
    shortfall_fen: int


def order_money(order_id: int) -> OrderMoney:
    """What was charged, paid and is open for an order; all zero where nothing was charged."""
    charge = session().scalar(select(OrderCharge).where(OrderCharge.order_id == order_id))
    rows = session().execute(
        select(LedgerAccount.kind, LedgerAccount.posted_fen + LedgerAccount.pending_fen).where(
            LedgerAccount.book == Book.TRADE, LedgerAccount.owner == order_owner(order_id)
        )
    )
    balances: dict[AccountKind, int] = dict(rows.tuples().all())
    return OrderMoney(
        charged=charge is not None,
        self_pay_fen=0 if charge is None else charge.self_pay_fen,
        subsidy_fen=0 if charge is None else charge.subsidy_fen,
        due_fen=balances.get(AccountKind.DUE_FROM_USER, 0),
        received_fen=balances.get(AccountKind.RECEIVED, 0),
        subsidy_receivable_fen=balances.get(AccountKind.SUBSIDY_RECEIVABLE, 0),
        subsidy_assigned_fen=balances.get(AccountKind.SUBSIDY_ASSIGNED, 0),
        shortfall_fen=balances.get(AccountKind.SHORTFALL, 0),
    )


def unpaid_shortfalls(debtor_id: int) -> Sequence[Shortfall]:
    """What an organisation still owes providers; any of it blocks new direct-deduction orders (V16(1))."""
    found = select(Shortfall).where(Shortfall.debtor_id == debtor_id, Shortfall.state == ShortfallState.OPEN)
    return session().scalars(found.order_by(Shortfall.id)).all()


def visible_shortfalls(actor: Actor, *, state: ShortfallState | None = None) -> Select[tuple[Shortfall]]:
    """Shortfalls an actor may see: debtors and creditors their own, finance, province and auditor all."""
    found = select(Shortfall).where(concerns_visible(actor, Shortfall.debtor_id, Shortfall.creditor_id))
    return found if state is None else found.where(Shortfall.state == state)


def find_shortfall(shortfall_id: int, *, actor: Actor, lock: bool = False) -> Shortfall:
    """The shortfall if the actor may see it; raises :class:`ShortfallMissing`."""
    found = visible_shortfalls(actor).where(Shortfall.id == shortfall_id)
    if lock:
        found = found.with_for_update(of=Shortfall).execution_options(populate_existing=True)
    shortfall = session().scalar(found)
    if shortfall is None:
        raise ShortfallMissing
    return shortfall


def payments_of(order_id: int) -> Sequence[Payment]:
    """Every payment recorded for an order, the earliest first."""
    return session().scalars(select(Payment).where(Payment.order_id == order_id).order_by(Payment.id)).all()
