"""What a bank's file says, whatever its kind: outcomes of payouts, control sums, and every fault with its line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from settlement.states import PayoutOutcome

MAX_REASON = 200
"""A bank's reason is a sentence."""
MAX_FACT = 200
"""So much is kept of a name, a reference or a text of a statement."""


class BankFileKind(StrEnum):
    """What banks answer with; told by the content, never by the name."""

    TABLE = "table"
    PAIN_002 = "pain.002"
    CAMT_053 = "camt.053"
    CAMT_054 = "camt.054"


class FaultCode(StrEnum):
    """What can be wrong with a bank's file."""

    ENCODING = "return_encoding"
    EMPTY = "return_empty"
    COLUMN_MISSING = "return_column_missing"
    COLUMN_UNKNOWN = "return_column_unknown"
    COLUMN_TWICE = "return_column_twice"
    CELLS = "return_cells"
    PAYOUT_NO_MALFORMED = "return_line_no_malformed"
    AMOUNT_MALFORMED = "return_amount_malformed"
    STATUS_UNKNOWN = "return_status_unknown"
    DAY_MALFORMED = "return_day_malformed"
    DAY_AHEAD = "return_day_ahead"
    DAY_BEFORE = "return_day_before"
    REASON_MISSING = "return_reason_missing"
    REASON_TOO_LONG = "return_reason_too_long"
    PAYOUT_FOREIGN = "return_line_foreign"
    PAYOUT_TWICE = "return_line_twice"
    NAMES_DIFFER = "return_names_differ"
    ACCOUNT_DIFFERS = "return_account_differs"
    AMOUNT_DIFFERS = "return_amount_differs"
    ALREADY_REPORTED = "return_already_reported"
    CLAWED_BACK = "return_clawed_back"
    REFERENCE_FOREIGN = "return_reference_foreign"
    UNDECIDED = "return_undecided"
    COUNT_DIFFERS = "return_count_differs"
    SUM_DIFFERS = "return_sum_differs"
    MESSAGE_UNKNOWN = "return_message_unknown"
    ELEMENT_MISSING = "return_element_missing"
    CURRENCY_DIFFERS = "return_currency_differs"
    STATUS_CONTRADICTS = "return_status_contradicts"
    DIRECTION_UNKNOWN = "return_direction_unknown"
    BALANCE_DIFFERS = "return_balance_differs"
    ACCOUNT_FOREIGN = "return_account_foreign"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; ``row`` is the line of the file (the sheet's row), 0 for the file as a whole.

    ``expected`` stands beside what was found where two sums or counts differ.
    """

    code: FaultCode
    row: int
    value: str = ""
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """A booked entry of our ``account``, or one transaction of an entry: money that left (debit) or came (credit)."""

    account: str
    credit: bool
    reference: str
    party_name: str
    party_account: str
    text: str


class Answer(NamedTuple):
    """What the bank says of one payout.

    It is named by its number in the batch or by its end-to-end id. ``accounts`` are those the payee's must be among,
    and like ``amount_fen`` only there where the file repeats them. ``movement`` tells of the money where the file is a
    statement; such an answer may be of no payout at all.
    """

    line: int
    outcome: PayoutOutcome
    value_date: date
    payout_no: int | None = None
    end_to_end_id: str | None = None
    accounts: tuple[str, ...] = ()
    amount_fen: int | None = None
    reason: str = ""
    movement: Movement | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """One outcome for everything under a reference: a message, a payment instruction, or a batch booked as one sum."""

    line: int
    reference: str
    outcome: PayoutOutcome
    value_date: date
    reason: str = ""
    amount_fen: int | None = None
    movement: Movement | None = None


@dataclass(frozen=True, slots=True)
class Owned:
    """The account that a statement is of, and what tells its place among the others of that account.

    Banks count statements by ``electronic_no`` or ``legal_no``; ``page`` and ``is_last`` are of one in several pages.
    Balances are booked ones in fen, negative where overdrawn. ``content`` is a digest of all that is here and of what
    was booked. Notifications (camt.054) tell the account alone.
    """

    line: int
    account: str
    electronic_no: int | None = None
    legal_no: int | None = None
    page: int = 1
    is_last: bool = True
    day: date | None = None
    made_at: datetime | None = None
    opening_fen: int | None = None
    closing_fen: int | None = None
    content: str = ""

    @property
    def number(self) -> int | None:
        """The number it is counted by."""
        return self.legal_no if self.electronic_no is None else self.electronic_no

    @property
    def has_place(self) -> bool:
        """Whether it tells anything by which it follows another one."""
        told = (self.number, self.opening_fen, self.closing_fen)
        return any(each is not None for each in told)


@dataclass(frozen=True, slots=True)
class Control:
    """How many payouts, and of what sum, the bank says a reference had when it was sent."""

    line: int
    reference: str
    count: int | None
    sum_fen: int | None


@dataclass(frozen=True)
class Reading:
    """What was read; where there is any fault nothing of the file may be used. ``undecided`` counts what the bank still
    works on: it is no outcome."""

    kind: BankFileKind
    answers: tuple[Answer, ...] = ()
    wholes: tuple[Whole, ...] = ()
    controls: tuple[Control, ...] = ()
    accounts: tuple[Owned, ...] = ()
    undecided: int = 0
    faults: tuple[Fault, ...] = ()

    @property
    def has_place(self) -> bool:
        """Whether it is a statement that follows another one, so that it says something without any entry."""
        return any(each.has_place for each in self.accounts)
