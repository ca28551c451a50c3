"""What the story found: the command prints it, the test judges it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from core.invariants import Offence
from marketplace.demo.real.books import Balance, Money
from marketplace.demo.real.deals import Deal, Turn
from marketplace.demo.real.intake import FileCount
from marketplace.demo.real.payout import PaidBatch


@dataclass
class Outcome:
    """Counts, orders and books of one telling; ``met`` counts the refusals that scenes provoked, by what it was."""

    files: list[FileCount] = field(default_factory=list)
    firms_read: int = 0
    firms_registered: int = 0
    firms_refused: dict[str, int] = field(default_factory=dict)
    members_returned: int = 0
    listings_returned: int = 0
    met: Counter[str] = field(default_factory=Counter)
    deals: list[Deal] = field(default_factory=list)
    summaries: int = 0
    batches: list[PaidBatch] = field(default_factory=list)
    failed_payouts: int = 0
    requeued_and_paid: int = 0
    appropriated_fen: int = 0
    balances: list[Balance] = field(default_factory=list)
    money: Money | None = None
    orders_by_state: Counter[str] = field(default_factory=Counter)
    claims_by_state: Counter[str] = field(default_factory=Counter)
    checks: int = 0
    offences: list[Offence] = field(default_factory=list)

    @property
    def turns(self) -> Counter[Turn]:
        """How many orders took each turn."""
        return Counter(deal.turn for deal in self.deals)

    @property
    def is_sound(self) -> bool:
        """Whether the books agree, every row is accounted for and nothing offends an always-true statement."""
        books_agree = bool(self.balances) and all(balance.agrees for balance in self.balances)
        return books_agree and not self.offences and all(each.adds_up for each in self.files)
