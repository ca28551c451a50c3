"""The chart of accounts: books, kinds of account with their bounds, phases and layers (see docs/ledger.md)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

NO_YEAR = 0
"""The year of an account that is not kept by year."""


class Book(StrEnum):
    """Each book balances by itself in every transaction."""

    ENTITLEMENT = "entitlement"
    PUBLIC_MONEY = "public_money"
    TRADE = "trade"


class AccountKind(StrEnum):
    """What an account counts."""

    CAP = "cap"
    CAP_CONTRA = "cap_contra"
    AID_CAP = "aid_cap"
    AID_CAP_CONTRA = "aid_cap_contra"
    FUND = "fund"
    APPROPRIATION = "appropriation"
    GRANTED = "granted"
    PAYABLE = "payable"
    CLAWBACK_RECEIVABLE = "clawback_receivable"
    UNASSIGNED = "unassigned"
    SUSPENSE = "suspense"
    WRITTEN_OFF = "written_off"
    DUE_FROM_USER = "due_from_user"
    SALES = "sales"
    RECEIVED = "received"
    SUBSIDY_RECEIVABLE = "subsidy_receivable"
    SUBSIDY_ASSIGNED = "subsidy_assigned"
    SHORTFALL = "shortfall"


class Phase(StrEnum):
    """What a transaction does: opens something pending, posts, or voids something pending."""

    PENDING = "pending"
    POSTED = "posted"
    VOID = "void"


class Layer(StrEnum):
    """Which of an account's two balances a posting moves."""

    PENDING = "pending"
    POSTED = "posted"


class TransactionKind(StrEnum):
    """Why money or entitlement moved."""

    HOLD_GRANTED = "hold_granted"
    HOLD_RELEASED = "hold_released"
    HOLD_CONSUMED = "hold_consumed"
    CAP_MERGED = "cap_merged"
    CAP_CARRIED = "cap_carried"
    CARRY_ENDED = "carry_ended"
    APPROPRIATED = "appropriated"
    APPROPRIATION_REDUCED = "appropriation_reduced"
    FUND_CARRIED = "fund_carried"
    FUND_LAPSED = "fund_lapsed"
    APPROPRIATION_CORRECTED = "appropriation_corrected"
    PAYABLE_CONFIRMED = "payable_confirmed"
    PAYABLE_CANCELLED = "payable_cancelled"
    BATCH_COMMITTED = "batch_committed"
    BATCH_DISCARDED = "batch_discarded"
    PAYOUT_SETTLED = "payout_settled"
    PAYOUT_RETURNED = "payout_returned"
    CLAWBACK_OPENED = "clawback_opened"
    CLAWBACK_RECOVERED = "clawback_recovered"
    SUSPENSE_OPENED = "suspense_opened"
    SUSPENSE_CLEARED = "suspense_cleared"
    RECOVERY_REVERSED = "recovery_reversed"
    CLAWBACK_WRITTEN_OFF = "clawback_written_off"
    ORDER_CHARGED = "order_charged"
    CHARGE_ADJUSTED = "charge_adjusted"
    PAYMENT_RECEIVED = "payment_received"
    PAYMENT_REFUNDED = "payment_refunded"
    SUBSIDY_ASSIGNED = "subsidy_assigned"
    SUBSIDY_FORGONE = "subsidy_forgone"
    SHORTFALL_OPENED = "shortfall_opened"
    SHORTFALL_PAID = "shortfall_paid"
    SHORTFALL_REFUNDED = "shortfall_refunded"
    SHORTFALL_PAYMENT_REVERSED = "shortfall_payment_reversed"
    SHORTFALL_WRITTEN_OFF = "shortfall_written_off"


@dataclass(frozen=True)
class Bounds:
    """Least and greatest value of posted + pending, in fen; None is unbounded."""

    min_fen: int | None
    max_fen: int | None


NOT_NEGATIVE = Bounds(0, None)
NOT_POSITIVE = Bounds(None, 0)
UNBOUNDED = Bounds(None, None)

BOOK_OF: dict[AccountKind, Book] = {
    AccountKind.CAP: Book.ENTITLEMENT,
    AccountKind.CAP_CONTRA: Book.ENTITLEMENT,
    AccountKind.AID_CAP: Book.ENTITLEMENT,
    AccountKind.AID_CAP_CONTRA: Book.ENTITLEMENT,
    AccountKind.FUND: Book.PUBLIC_MONEY,
    AccountKind.APPROPRIATION: Book.PUBLIC_MONEY,
    AccountKind.GRANTED: Book.PUBLIC_MONEY,
    AccountKind.PAYABLE: Book.PUBLIC_MONEY,
    AccountKind.CLAWBACK_RECEIVABLE: Book.PUBLIC_MONEY,
    AccountKind.UNASSIGNED: Book.PUBLIC_MONEY,
    AccountKind.SUSPENSE: Book.PUBLIC_MONEY,
    AccountKind.WRITTEN_OFF: Book.PUBLIC_MONEY,
    AccountKind.DUE_FROM_USER: Book.TRADE,
    AccountKind.SALES: Book.TRADE,
    AccountKind.RECEIVED: Book.TRADE,
    AccountKind.SUBSIDY_RECEIVABLE: Book.TRADE,
    AccountKind.SUBSIDY_ASSIGNED: Book.TRADE,
    AccountKind.SHORTFALL: Book.TRADE,
}

BOUNDS_OF: dict[AccountKind, Bounds] = {
    AccountKind.CAP: NOT_NEGATIVE,
    AccountKind.CAP_CONTRA: NOT_POSITIVE,
    AccountKind.AID_CAP: NOT_NEGATIVE,
    AccountKind.AID_CAP_CONTRA: NOT_POSITIVE,
    AccountKind.FUND: NOT_NEGATIVE,
    AccountKind.APPROPRIATION: NOT_POSITIVE,
    AccountKind.GRANTED: NOT_NEGATIVE,
    AccountKind.PAYABLE: NOT_POSITIVE,
    AccountKind.CLAWBACK_RECEIVABLE: NOT_NEGATIVE,
    AccountKind.UNASSIGNED: UNBOUNDED,
    AccountKind.SUSPENSE: UNBOUNDED,
    AccountKind.WRITTEN_OFF: NOT_NEGATIVE,
    AccountKind.DUE_FROM_USER: NOT_NEGATIVE,
    AccountKind.SALES: NOT_POSITIVE,
    AccountKind.RECEIVED: NOT_NEGATIVE,
    AccountKind.SUBSIDY_RECEIVABLE: NOT_NEGATIVE,
    AccountKind.SUBSIDY_ASSIGNED: NOT_NEGATIVE,
    AccountKind.SHORTFALL: NOT_NEGATIVE,
}
"""Bounds of a kind; a cap's upper bound is the year's cap and is set on the account's own row."""


@dataclass(frozen=True)
class AccountRef:
    """An account by what it is for. ``owner`` is ``controller:7``, ``organisation:12``, ``order:3`` or a programme."""

    kind: AccountKind
    owner: str
    year: int = NO_YEAR

    @property
    def book(self) -> Book:
        """The book the account stands in."""
        return BOOK_OF[self.kind]

    @property
    def bounds(self) -> Bounds:
        """The bounds every account of this kind has."""
        return BOUNDS_OF[self.kind]


ORDER_OWNER = "order:"


def organisation_owner(organisation_id: int) -> str:
    """Owner of accounts kept for one organisation."""
    return f"organisation:{organisation_id}"


def order_owner(order_id: int) -> str:
    """Owner of the accounts of one order's deal."""
    return f"{ORDER_OWNER}{order_id}"


AID_OF = "@"
"""Between the owner of a yearly cap and the city programme it is a cap of: ``controller:7@programme``."""


@dataclass(frozen=True)
class Cap:
    """A yearly cap: whose, of which year, and of which city programme (None: the province's own voucher)."""

    owner: str
    year: int
    programme: str | None = None

    @property
    def account(self) -> AccountRef:
        """What is held (pending) and consumed (posted) of it."""
        if self.programme is None:
            return AccountRef(AccountKind.CAP, self.owner, self.year)
        return AccountRef(AccountKind.AID_CAP, self._aid_owner, self.year)

    @property
    def contra(self) -> AccountRef:
        """The mirror of its account."""
        if self.programme is None:
            return AccountRef(AccountKind.CAP_CONTRA, self.owner, self.year)
        return AccountRef(AccountKind.AID_CAP_CONTRA, self._aid_owner, self.year)

    @property
    def _aid_owner(self) -> str:
        return f"{self.owner}{AID_OF}{self.programme}"


def cap_of(ref: AccountRef) -> Cap:
    """The cap an account of kind ``cap`` or ``aid_cap`` counts."""
    owner, _, programme = ref.owner.partition(AID_OF)
    return Cap(owner, ref.year, programme or None)
