"""Reads of what user and provider owe each other."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import BindParameter, ColumnElement, Select, and_, func, select

from core.db import session
from core.errors import NotFound
from core.permissions import Actor
from settlement import permissions
from settlement.models import LedgerAccount, OrderCharge, Payment, Shortfall
from settlement.queries.scope import concerns_visible
from settlement.rules.chart import BOOK_OF, AccountKind, Book, order_owner
from settlement.states import ShortfallState

_TRADE_KINDS = tuple(kind for kind, book in BOOK_OF.items() if book is Book.TRADE)
"""With the kinds named, the unique index over kind, owner and year finds the accounts of an order."""

CLAIM_SOURCE = "claim:"
"""Sources of what was claimed begin so, before the claim's number."""


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


def _money(charge: OrderCharge | None, balances: Mapping[AccountKind, int]) -> OrderMoney:
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


UNCHARGED = _money(None, {})
"""The money of an order of which nothing was charged yet."""


def order_money(order_id: int) -> OrderMoney:
    """What was charged, paid and is open for an order; all zero where nothing was charged."""
    return orders_money([order_id])[order_id]


def orders_money(order_ids: Collection[int]) -> dict[int, OrderMoney]:
    """The money of several orders by number, in two queries; each number is answered."""
    if not order_ids:
        return {}
    charges = session().scalars(select(OrderCharge).where(OrderCharge.order_id.in_(order_ids)))
    charged = {charge.order_id: charge for charge in charges}
    owners = {order_owner(order_id): order_id for order_id in order_ids}
    rows = session().execute(
        select(LedgerAccount.owner, LedgerAccount.kind, LedgerAccount.posted_fen + LedgerAccount.pending_fen).where(
            LedgerAccount.kind.in_(_TRADE_KINDS), LedgerAccount.owner.in_(owners)
        )
    )
    balances: dict[int, dict[AccountKind, int]] = {order_id: {} for order_id in order_ids}
    for owner, kind, balance_fen in rows:
        balances[owners[owner]][kind] = balance_fen
    return {order_id: _money(charged.get(order_id), balances[order_id]) for order_id in balances}


def claims_in_sight(order_ids: Collection[int], *, actor: Actor) -> set[int]:
    """The orders among these whose claims the actor may open, where it may see their money already.

    A city sees what its providers are paid, but reads the claims of its own users only (V6).
    """
    if not (order_ids and permissions.reads_its_city(actor)):
        return set(order_ids)
    found = select(OrderCharge.order_id).where(
        OrderCharge.order_id.in_(order_ids), concerns_visible(actor, OrderCharge.user_id)
    )
    return set(session().scalars(found))


def sources_in_sight(sources: Mapping[str, int | None], *, actor: Actor) -> set[str]:
    """Of what the ledger names (with its order, if any) what the actor may open, where it may see the money."""
    opened = claims_in_sight({order_id for order_id in sources.values() if order_id is not None}, actor=actor)
    return {source for source, order_id in sources.items() if not source.startswith(CLAIM_SOURCE) or order_id in opened}


def unpaid_shortfalls(debtor_id: int) -> Sequence[Shortfall]:
    """What an organisation still owes providers; any of it blocks new direct-deduction orders (V16(1))."""
    found = select(Shortfall).where(is_unpaid_by(debtor_id))
    return session().scalars(found.order_by(Shortfall.id)).all()


def is_unpaid_by(debtor_id: int | BindParameter[int]) -> ColumnElement[bool]:
    """The condition on :class:`Shortfall` that an organisation still owes it."""
    return and_(Shortfall.debtor_id == debtor_id, Shortfall.state == ShortfallState.OPEN)


def debtors_among(organisation_ids: Collection[int]) -> set[int]:
    """Which of these organisations have an unpaid shortfall."""
    if not organisation_ids:
        return set()
    found = select(Shortfall.debtor_id).where(
        Shortfall.debtor_id.in_(organisation_ids), Shortfall.state == ShortfallState.OPEN
    )
    return set(session().scalars(found))


def shortfall_opened(order_id: int) -> int:
    """What was refused of an order's deduction and became the user's debt, paid or not, in fen."""
    return session().scalar(select(Shortfall.amount_fen).where(Shortfall.order_id == order_id)) or 0


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


def open_between(shortfalls: Select[tuple[Shortfall]], parties: Collection[int]) -> tuple[int, int]:
    """What these parties owe and are owed of open shortfalls, in fen."""
    open_fen = Shortfall.amount_fen - Shortfall.paid_fen - Shortfall.written_off_fen
    owes, is_owed = (
        func.coalesce(func.sum(open_fen).filter(side.in_(parties)), 0)
        for side in (Shortfall.debtor_id, Shortfall.creditor_id)
    )
    found = shortfalls.where(Shortfall.state == ShortfallState.OPEN).with_only_columns(owes, is_owed)
    owed_by_them, owed_to_them = session().execute(found).one()
    return int(owed_by_them), int(owed_to_them)


def parties_of(order_id: int) -> tuple[int, int] | None:
    """User and provider of a charged order, by organisation."""
    found = select(OrderCharge.user_id, OrderCharge.provider_id).where(OrderCharge.order_id == order_id)
    row = session().execute(found).one_or_none()
    return None if row is None else (row[0], row[1])


def payments_of(order_id: int) -> Sequence[Payment]:
    """Every payment recorded for an order, the earliest first."""
    return session().scalars(select(Payment).where(Payment.order_id == order_id).order_by(Payment.id)).all()
