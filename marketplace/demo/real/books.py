"""The service's books beside the story's own sums, and every difference between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from core.db import session
from marketplace.demo.client import DemoClient
from marketplace.demo.real import cast
from marketplace.demo.real.deals import Deal
from marketplace.demo.real.trading import Disagreement, agree
from marketplace.models import Order
from settlement.models import LedgerAccount
from settlement.rules.chart import BOOK_OF, AccountKind, Book
from vouchers.models import Claim


@dataclass(frozen=True)
class Balance:
    """One line of the books in fen: an account kind's layer, and what the story says it should be."""

    book: Book
    kind: AccountKind
    layer: str
    means: str
    booked_fen: int
    story_fen: int

    @property
    def agrees(self) -> bool:
        """Whether the books say what the story counted."""
        return self.booked_fen == self.story_fen


@dataclass(frozen=True)
class Money:
    """The story's own sums over all orders, in fen."""

    ever_held: int
    held: int
    confirmed: int
    paid: int
    came_back: int
    waiting: int
    user_owes: int
    received: int
    refunded: int
    receivable: int
    assigned: int
    shortfall: int
    shortfall_paid: int
    sales: int

    @classmethod
    def of(cls, deals: Sequence[Deal]) -> Money:
        """Added up over the orders."""
        direct = [deal for deal in deals if deal.is_direct]
        shortfall_paid = sum(deal.shortfall_paid_fen for deal in deals)
        return cls(
            ever_held=sum(deal.granted_fen for deal in deals),
            held=sum(deal.held_fen for deal in deals),
            confirmed=sum(deal.confirmed_fen for deal in deals),
            paid=sum(deal.paid_out_fen for deal in deals),
            came_back=sum(deal.came_back_fen for deal in deals),
            waiting=sum(deal.confirmed_fen - deal.paid_out_fen for deal in deals),
            user_owes=sum(deal.due_fen - deal.received_fen for deal in deals),
            received=sum(deal.received_fen for deal in deals) + shortfall_paid,
            refunded=sum(deal.refunded_fen for deal in deals),
            receivable=sum(deal.receivable_fen for deal in deals),
            assigned=sum(deal.confirmed_fen for deal in direct),
            shortfall=sum(deal.shortfall_fen for deal in deals) - shortfall_paid,
            shortfall_paid=shortfall_paid,
            sales=sum(deal.sales_fen for deal in deals),
        )


def compare(money: Money, *, appropriated_fen: int) -> list[Balance]:
    """Every kind of account with both sums."""
    booked = _booked()
    expected = _expected(money, appropriated_fen)
    unknown = [key for key, fen in booked.items() if fen and key not in {(kind, layer) for kind, layer, _ in expected}]
    if unknown:
        raise Disagreement(f"accounts the story knows nothing of: {unknown}")
    return [
        Balance(BOOK_OF[kind], kind, layer, means, booked.get((kind, layer), 0), fen)
        for (kind, layer, means), fen in expected.items()
    ]


def compare_orders(client: DemoClient, deals: Sequence[Deal]) -> None:
    """Every order as the service shows it to the auditor, against the story; none is missing, none is too many."""
    by_id = {deal.order_id: deal for deal in deals}
    shown = list(client.pages(cast.AUDITOR, "/orders"))
    if {order["id"] for order in shown} != by_id.keys():
        raise Disagreement(f"{len(shown)} orders are on record, the story made {len(by_id)}")
    for order in shown:
        agree(by_id[order["id"]], order)


def compare_states(deals: Sequence[Deal]) -> tuple[Counter[str], Counter[str]]:
    """How many orders and claims are in each state; raises :class:`Disagreement` where the story counts otherwise."""
    orders = _states(Order)
    claims = _states(Claim)
    own_orders = Counter(deal.state.value for deal in deals)
    own_claims = Counter(deal.claim_state.value for deal in deals if deal.claim_state is not None)
    if orders != own_orders or claims != own_claims:
        raise Disagreement(f"states: service {orders} {claims}, story {own_orders} {own_claims}")
    return orders, claims


def _booked() -> dict[tuple[AccountKind, str], int]:
    rows = session().execute(
        select(LedgerAccount.kind, func.sum(LedgerAccount.posted_fen), func.sum(LedgerAccount.pending_fen)).group_by(
            LedgerAccount.kind
        )
    )
    found: dict[tuple[AccountKind, str], int] = {}
    for kind, posted, pending in rows:
        found[kind, "posted"], found[kind, "pending"] = int(posted), int(pending)
    return found


def _expected(money: Money, appropriated_fen: int) -> dict[tuple[AccountKind, str, str], int]:
    """What each kind of account should hold; debits are positive."""
    return {
        (AccountKind.CAP, "pending", "held"): money.held,
        (AccountKind.CAP, "posted", "used up by confirmation"): money.confirmed,
        (AccountKind.CAP_CONTRA, "pending", "contra"): -money.held,
        (AccountKind.CAP_CONTRA, "posted", "contra"): -money.confirmed,
        (AccountKind.APPROPRIATION, "posted", "appropriated"): -appropriated_fen,
        (AccountKind.FUND, "posted", "left in the fund"): appropriated_fen - money.paid,
        (AccountKind.FUND, "pending", "committed to batches"): 0,
        (AccountKind.GRANTED, "posted", "confirmed"): money.confirmed,
        (AccountKind.PAYABLE, "posted", "owed to payees"): -money.waiting,
        (AccountKind.PAYABLE, "pending", "on its way in batches"): 0,
        (AccountKind.DUE_FROM_USER, "posted", "users still owe of their own part"): money.user_owes,
        (AccountKind.RECEIVED, "posted", "received by providers"): money.received,
        (AccountKind.SUBSIDY_RECEIVABLE, "posted", "deducted and not decided"): money.receivable,
        (AccountKind.SUBSIDY_ASSIGNED, "posted", "deducted and confirmed"): money.assigned,
        (AccountKind.SHORTFALL, "posted", "refused deductions users owe"): money.shortfall,
        (AccountKind.SALES, "posted", "sales"): -money.sales,
    }


def _states(model: type[Order | Claim]) -> Counter[str]:
    rows = session().execute(select(model.state, func.count()).group_by(model.state))
    return Counter({state.value: count for state, count in rows})
