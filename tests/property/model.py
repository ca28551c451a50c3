"""What the rules say of money, caps and states, in a few dictionaries: written from the rules, knowing no service."""

from __future__ import annotations

import calendar
import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from chinese_calendar import is_workday

CAP_FEN = 50_000_000
ANSWER_WORKING_DAYS = 5
VALID_MONTHS = 6
CORRECTION_WORKING_DAYS = 30
CLAWBACK_WORKING_DAYS = 30
LAST_KNOWN_DAY = date(2026, 12, 31)
PROVIDER = "provider-jinan"

STATES_OF_ORDERS = (
    "placed",
    "accepted",
    "accepted",
    "contracted",
    "contracted",
    "in_service",
    "delivered",
    "completed",
)
"""Of an order that goes on, by the steps taken: acceptance, two signatures, payment, start, delivery, completion."""


def after_working_days(start: date, days: int) -> date:
    """So many working days after a day, by the official calendar; of later years none has one yet."""
    day = start
    while days and day < LAST_KNOWN_DAY:
        day += timedelta(days=1)
        days -= is_workday(day)
    return day


def last_day_of_validity(completed_on: date) -> date:
    """The same day months later, or that month's last; a last day that is no working day moves to the next (V17)."""
    years, month = divmod(completed_on.month - 1 + VALID_MONTHS, 12)
    year, month = completed_on.year + years, month + 1
    day = date(year, month, min(completed_on.day, calendar.monthrange(year, month)[1]))
    return day if day > LAST_KNOWN_DAY or is_workday(day) else after_working_days(day, 1)


@dataclass
class Firm:
    """A user of vouchers: whose cap it uses, what part of a fee it gets, and who reviews it."""

    user: str
    group: str
    rate: Decimal
    bureau: str
    organisation_id: int
    membership_id: int
    hands_in_by: str | None = None
    suspended: bool = False
    grouped_on: date | None = None
    """When it came under its controller; None long ago."""


@dataclass
class Deal:
    """One order and its claim. ``owner`` and ``year`` say whose cap of which year it uses."""

    number: int
    firm: Firm
    is_direct: bool
    unit_fen: int
    quantity: int
    price_fen: int
    subsidy_fen: int
    owner: str
    year: int
    placed_on: date
    step: int = 0
    ended: str | None = None
    completed_on: date | None = None
    returned_on: date | None = None
    claim: str | None = None
    claim_id: int = 0
    claimed_fen: int = 0
    granted_fen: int = 0
    counts_fen: int = 0
    """What it holds or has used of the cap."""
    first_handed_in: bool = False
    payable_id: int = 0
    paid: str | None = None
    paid_year: int = 0
    clawed_fen: int = 0

    @property
    def state(self) -> str:
        return self.ended or STATES_OF_ORDERS[self.step]

    @property
    def is_live(self) -> bool:
        return self.ended is None and self.completed_on is None

    @property
    def shown_fen(self) -> int | None:
        """What its claim says is confirmed: nothing of it once revoked."""
        return {"confirmed": self.granted_fen, "revoked": 0}.get(self.claim or "")

    @property
    def payee(self) -> str:
        """The provider in direct deduction, else the user (invariant 7)."""
        return PROVIDER if self.is_direct else self.firm.user


@dataclass
class Clawback:
    """What must come back of a paid deal, into the fund of the year that paid it."""

    number: int
    deal: Deal
    amount_fen: int
    due_on: date
    is_open: bool = True


@dataclass
class Model:
    """Everything the rules remember."""

    firms: dict[str, Firm] = field(default_factory=dict)
    deals: list[Deal] = field(default_factory=list)
    absorbed: dict[str, str] = field(default_factory=dict)
    owed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    queue: list[Deal] = field(default_factory=list)
    funds: dict[int, int] = field(default_factory=dict)
    paid_fen: int = 0
    clawbacks: list[Clawback] = field(default_factory=list)

    def used(self, owner: str, year: int) -> int:
        """What counts on a cap: of every order that is held or confirmed there."""
        return sum(deal.counts_fen for deal in self.deals if (deal.owner, deal.year) == (owner, year))

    def room(self, owner: str, year: int) -> int:
        """What a new hold may take; nothing while merged groups are above the cap."""
        return max(0, CAP_FEN - self.used(owner, year))

    def entitled(self, firm: Firm, price_fen: int, year: int, today: date) -> int:
        """The lesser of the rate's share, rounded down, and the room (V12); none while a clawback is overdue (V21)."""
        overdue = {each.deal.payee for each in self.clawbacks if each.is_open and each.due_on < today}
        if overdue & {firm.user, PROVIDER}:
            return 0
        return min(int(price_fen * firm.rate), self.room(firm.group, year))

    def place(self, deal: Deal) -> None:
        """It holds what it is entitled to."""
        deal.counts_fen = deal.claimed_fen = deal.subsidy_fen
        self.deals.append(deal)

    def complete(self, deal: Deal, actual: int, today: date) -> None:
        """The price follows the quantity, the subsidy only falls (V12 hold)."""
        kept = min(deal.subsidy_fen, int(min(deal.price_fen, deal.unit_fen * actual) * deal.firm.rate))
        deal.price_fen = deal.unit_fen * actual
        deal.subsidy_fen = deal.claimed_fen = deal.counts_fen = kept
        deal.completed_on = today
        deal.claim = "draft" if kept else None

    def hand_in(self, deal: Deal, year: int) -> None:
        """At the first time in another year the hold moves there and takes the lesser of itself and the room."""
        if not deal.first_handed_in and deal.year != year:
            owner = self.root(deal.owner)
            moved = min(deal.claimed_fen, self.room(owner, year))
            deal.owner, deal.year = owner, year
            deal.claimed_fen = deal.counts_fen = moved
        deal.first_handed_in = True
        deal.claim = "submitted"

    def free(self, deal: Deal) -> None:
        """It counts no more."""
        deal.counts_fen = 0

    def owe(self, deal: Deal, granted_fen: int) -> None:
        """In direct deduction the user owes what was deducted and not granted (V16(1))."""
        if deal.is_direct:
            self.owed[deal.firm.user] += deal.subsidy_fen - granted_fen

    def withdraw(self, deal: Deal) -> None:
        """Nobody owes anything."""
        deal.claim = "withdrawn"
        self.free(deal)

    def reject(self, deal: Deal) -> None:
        """For good; in direct deduction the user owes all that was deducted."""
        deal.claim = "rejected"
        self.free(deal)
        self.owe(deal, 0)

    def approve(self, deal: Deal, amount_fen: int) -> None:
        """The city grants all or a part; what is not granted stays held until the province confirms."""
        deal.claim, deal.granted_fen = "city_approved", amount_fen

    def confirm(self, deal: Deal) -> None:
        """What was approved is owed to the payee, in the order of confirmation; the rest of the hold is free."""
        deal.claim, deal.counts_fen = "confirmed", deal.granted_fen
        self.owe(deal, deal.granted_fen)
        if deal.granted_fen:
            deal.paid = "due"
            self.queue.append(deal)

    def revoke(self, deal: Deal) -> None:
        """Nothing is granted any more; of what is unpaid the user owes what was deducted. The cap's use stays."""
        deal.claim = "revoked"
        if deal.paid == "due":
            deal.paid = "cancelled"
            self.owed[deal.firm.user] += deal.granted_fen if deal.is_direct else 0

    def counts_of(self, firm: Firm, year: int) -> bool:
        """Whether the firm holds anything, or has used anything of that year's cap or a later one."""
        return any(
            deal.counts_fen and (deal.year >= year or deal.claim not in ("confirmed", "revoked"))
            for deal in self.deals
            if deal.firm is firm
        )

    def merge(self, absorbed: str, into: str, today: date) -> None:
        """From that year on both groups' use is one's (V12 cap)."""
        for deal in self.deals:
            if deal.owner == absorbed and deal.year >= today.year:
                deal.owner = into
        for firm in self.firms.values():
            if firm.group == absorbed:
                firm.group, firm.grouped_on = into, today
        self.absorbed[absorbed] = into

    def root(self, owner: str) -> str:
        """The group that goes on."""
        while owner in self.absorbed:
            owner = self.absorbed[owner]
        return owner

    def payable_now(self, year: int) -> list[Deal]:
        """Strictly in order, as far as the year's money goes (V3)."""
        due = [deal for deal in self.queue if deal.paid == "due"]
        sums = itertools.accumulate(deal.granted_fen for deal in due)
        return [deal for deal, total in zip(due, sums, strict=True) if total <= self.funds.get(year, 0)]

    def pay(self, deal: Deal, year: int) -> None:
        """It is paid from the year's fund."""
        deal.paid, deal.paid_year = "paid", year
        self.funds[year] -= deal.granted_fen
        self.paid_fen += deal.granted_fen

    def claw_back(self, number: int, deal: Deal, amount_fen: int, today: date) -> None:
        """No cap has room again for it."""
        deal.clawed_fen += amount_fen
        due_on = after_working_days(today, CLAWBACK_WORKING_DAYS)
        self.clawbacks.append(Clawback(number, deal, amount_fen, due_on))

    def recover(self, clawback: Clawback) -> None:
        """It is in the fund again that it was paid from."""
        clawback.is_open = False
        self.funds[clawback.deal.paid_year] += clawback.amount_fen
        self.paid_fen -= clawback.amount_fen

    def end_overdue(self, today: date) -> None:
        """What nobody did in time ends by itself: unanswered orders, drafts and corrections."""
        for deal, state in list(self._overdue(today)):
            if state == "rejected":
                self.reject(deal)
                continue
            self.free(deal)
            if state == "lapsed":
                deal.ended = state
            else:
                deal.claim = state

    def _overdue(self, today: date) -> Iterator[tuple[Deal, str]]:
        for deal in self.deals:
            if deal.state == "placed":
                last, ending = after_working_days(deal.placed_on, ANSWER_WORKING_DAYS), "lapsed"
            elif deal.claim == "draft" and deal.completed_on is not None:
                last, ending = last_day_of_validity(deal.completed_on), "expired"
            elif deal.claim == "returned" and deal.returned_on is not None:
                last, ending = after_working_days(deal.returned_on, CORRECTION_WORKING_DAYS), "rejected"
            else:
                continue
            if last < today:
                yield deal, ending
