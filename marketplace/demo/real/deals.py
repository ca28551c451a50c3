"""One order of the story, with the story's own account of its money.

Nothing here asks the service: the sums follow from the price list, the rate that was quoted and what then happened, so
that they can be held against the service's books at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import IntEnum, StrEnum

from marketplace.states import OrderState
from vouchers.rules.facts import PaymentMode
from vouchers.states import ClaimState


class Stage(IntEnum):
    """How far an order comes by itself."""

    PLACED = 1
    ACCEPTED = 2
    CONTRACTED = 3
    PAID = 4
    IN_SERVICE = 5
    DELIVERED = 6
    COMPLETED = 7
    SUBMITTED = 8
    REVIEWED = 9
    SUMMARISED = 10
    CONFIRMED = 11


class Turn(StrEnum):
    """What befalls an order on its way; most meet with nothing."""

    NONE = "straight through"
    DECLINED = "declined by the provider"
    LAPSED = "lapsed unanswered"
    CANCELLED = "cancelled"
    LESS = "actual quantity smaller"
    MORE = "actual quantity larger"
    RETURNED = "returned and resubmitted"
    OVERDUE = "returned and never resubmitted"
    REJECTED = "rejected by the city"
    PARTIAL = "approved in part"
    SENT_BACK = "sent back by the province, approved again"
    SENT_BACK_REJECTED = "sent back by the province, then rejected"
    WITHDRAWN = "claim withdrawn"


@dataclass(frozen=True)
class Member:
    """An organisation of the story with its one user."""

    name: str
    username: str
    organisation_id: int
    membership_id: int
    uscc: str
    county: str
    city: str | None
    oversized: bool = False


@dataclass(frozen=True)
class Offered:
    """A published service. Where time is booked, ``instrument_id`` says of what."""

    service_id: int
    title: str
    provider: Member
    unit_price_fen: int
    instrument_id: int | None = None


@dataclass(frozen=True)
class Slot:
    """Booked instrument time."""

    starts_at: datetime
    hours: int

    @property
    def ends_at(self) -> datetime:
        """Its end, not part of it."""
        return self.starts_at + timedelta(hours=self.hours)


@dataclass
class Deal:
    """An order as planned, and what became of it; sums in fen.

    ``by`` is the user who acts for the beneficiary, ``claimed_by`` who hands in its claims in full payment: for a team
    both may be its incubator.
    """

    beneficiary: Member
    by: str
    claimed_by: str
    service: Offered
    quantity: Decimal
    mode: PaymentMode
    goes_to: Stage = Stage.CONFIRMED
    turn: Turn = Turn.NONE
    slot: Slot | None = None
    unmet_need: str | None = None

    order_id: int = 0
    claim_id: int = 0
    state: OrderState = OrderState.PLACED
    claim_state: ClaimState | None = None
    claim_reviews: int = 0
    contract_fen: int = 0
    price_fen: int = 0
    rate: Decimal = Decimal(0)
    granted_fen: int = 0
    subsidy_fen: int = 0
    is_charged: bool = False
    received_fen: int = 0
    held_fen: int = 0
    approved_fen: int = 0
    confirmed_fen: int = 0
    shortfall_fen: int = 0
    shortfall_paid_fen: int = 0
    forgone_fen: int = 0
    paid_out_fen: int = 0
    came_back_fen: int = 0
    refunded_fen: int = 0
    flags: list[str] = field(default_factory=list)

    @property
    def is_direct(self) -> bool:
        """Whether the subsidy is deducted from the price (V16(1))."""
        return self.mode is PaymentMode.DIRECT_DEDUCTION

    @property
    def payee(self) -> Member:
        """Who is paid the subsidy (V16)."""
        return self.service.provider if self.is_direct else self.beneficiary

    @property
    def claimant(self) -> str:
        """The user who hands the claim in."""
        return self.service.provider.username if self.is_direct else self.claimed_by

    @property
    def due_fen(self) -> int:
        """What the user owes the provider in all, once the contract is signed; nothing of a cancelled order."""
        if not self.is_charged:
            return 0
        return self.price_fen - self.subsidy_fen if self.is_direct else self.price_fen

    @property
    def sales_fen(self) -> int:
        """What the provider has earned by it, less what it forwent."""
        return self.price_fen - self.forgone_fen if self.is_charged else 0

    @property
    def receivable_fen(self) -> int:
        """What of a deducted sum is neither confirmed, nor refused, nor forgone."""
        if not self.is_charged or not self.is_direct:
            return 0
        return self.subsidy_fen - self.confirmed_fen - self.shortfall_fen - self.forgone_fen

    @property
    def is_running(self) -> bool:
        """Whether it was not declined, cancelled or lapsed."""
        return self.state not in {OrderState.DECLINED, OrderState.CANCELLED, OrderState.LAPSED}

    def reaches(self, stage: Stage) -> bool:
        """Whether the plan takes the order so far; a declined or lapsed one stays where it was placed."""
        return self.goes_to >= stage

    def price_of(self, quantity: Decimal) -> int:
        """The provider's price, rounded half up to the fen."""
        return int((self.service.unit_price_fen * quantity).to_integral_value(ROUND_HALF_UP))

    def share_of(self, base_fen: int) -> int:
        """The rate's share of a fee, rounded down to the fen (V12 base)."""
        return int(self.rate * base_fen)

    # what happens

    def place(self, *, order_id: int, rate: Decimal, room_fen: int) -> None:
        """Placed at a rate with so much room left under the cap; the subsidy is held."""
        self.order_id, self.rate = order_id, rate
        self.contract_fen = self.price_fen = self.price_of(self.quantity)
        self.granted_fen = min(self.share_of(self.price_fen), room_fen)
        self.subsidy_fen = self.held_fen = self.granted_fen

    def end(self, state: OrderState) -> None:
        """Declined, lapsed or cancelled: nothing is held, nothing is owed, what was paid is refunded."""
        self.state = state
        self.refunded_fen += self.received_fen
        self.held_fen = self.received_fen = 0
        self.is_charged = False

    def complete(self, actual: Decimal) -> None:
        """Completed: the price follows the actual quantity, the subsidy never rises (V12 hold)."""
        self.state = OrderState.COMPLETED
        self.price_fen = self.price_of(actual)
        self.subsidy_fen = min(self.subsidy_fen, self.share_of(min(self.contract_fen, self.price_fen)))
        self.held_fen = self.subsidy_fen
        overpaid = max(0, self.received_fen - self.due_fen)
        self.received_fen -= overpaid
        self.refunded_fen += overpaid
        self.claim_state = ClaimState.DRAFT if self.subsidy_fen else None

    def reject(self) -> None:
        """The claim is refused for good: in direct deduction the user owes what was deducted (V16(1))."""
        self.claim_state, self.held_fen = ClaimState.REJECTED, 0
        if self.is_direct:
            self.shortfall_fen = self.subsidy_fen

    def withdraw(self) -> None:
        """The claimant gives the claim up: the user owes nothing (V16(1))."""
        self.claim_state, self.held_fen = ClaimState.WITHDRAWN, 0
        if self.is_direct:
            self.forgone_fen = self.subsidy_fen

    def confirm(self, amount_fen: int) -> None:
        """Confirmed: so much is owed to the payee; the rest of a deduction is the user's debt."""
        self.claim_state, self.held_fen, self.confirmed_fen = ClaimState.CONFIRMED, 0, amount_fen
        if self.is_direct:
            self.shortfall_fen = self.subsidy_fen - amount_fen
