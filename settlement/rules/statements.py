"""What a statement says: whose, over which days, and how an opening balance becomes a closing one. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from settlement.rules.chart import AccountKind, Book, Layer, TransactionKind

_PARTY = re.compile(r"organisation:([0-9]{1,18})|city:([0-9]{6})|(province)")


class PartyKind(StrEnum):
    """Who a statement is for."""

    ORGANISATION = "organisation"
    CITY = "city"
    PROVINCE = "province"


class PartyUnreadable(ValueError):
    """A statement is asked for somebody by another name than ``organisation:12``, ``city:371700`` or ``province``."""


@dataclass(frozen=True)
class Party:
    """Whose statement: one organisation (its number), a city (its division code), or the province."""

    kind: PartyKind
    organisation_id: int | None = None
    city: str | None = None

    @property
    def code(self) -> str:
        """How it is written in addresses."""
        if self.kind is PartyKind.PROVINCE:
            return self.kind.value
        return f"{self.kind.value}:{self.city if self.organisation_id is None else self.organisation_id}"


def party_of(code: str) -> Party:
    """``organisation:12``, ``city:371700`` or ``province``; raises :class:`PartyUnreadable`."""
    found = _PARTY.fullmatch(code)
    if found is None:
        raise PartyUnreadable(code)
    if found[1] is not None:
        return Party(PartyKind.ORGANISATION, organisation_id=int(found[1]))
    return Party(PartyKind.PROVINCE) if found[3] else Party(PartyKind.CITY, city=found[2])


@dataclass(frozen=True)
class Period:
    """From the first day to the last, both included, in Asia/Shanghai."""

    since: date
    until: date


def period_of(*, since: date | None, until: date | None, today: date) -> Period:
    """The days asked for; by default from New Year of the last day, which is today."""
    last = today if until is None else until
    return Period(date(last.year, 1, 1) if since is None else since, last)


@dataclass(frozen=True)
class Section:
    """All accounts of one kind and layer together, in fen: ``opening + debit - credit = closing``."""

    book: Book
    kind: AccountKind
    layer: Layer
    opening_fen: int
    debit_fen: int
    credit_fen: int
    count: int

    @property
    def closing_fen(self) -> int:
        """What stands there after the last line."""
        return self.opening_fen + self.debit_fen - self.credit_fen


ARTICLE_OF: dict[TransactionKind, str] = {
    TransactionKind.HOLD_GRANTED: "V12 hold",
    TransactionKind.HOLD_RELEASED: "V12 hold",
    TransactionKind.HOLD_CONSUMED: "V12 hold",
    TransactionKind.CAP_MERGED: "V12 cap",
    TransactionKind.CAP_CARRIED: "V12 cap",
    TransactionKind.CARRY_ENDED: "V12 cap",
    TransactionKind.APPROPRIATED: "V3",
    TransactionKind.APPROPRIATION_REDUCED: "V3",
    TransactionKind.APPROPRIATION_CORRECTED: "V3",
    TransactionKind.FUND_CARRIED: "V3",
    TransactionKind.FUND_LAPSED: "V3",
    TransactionKind.PAYABLE_CONFIRMED: "V17 order",
    TransactionKind.PAYABLE_CANCELLED: "V19",
    TransactionKind.BATCH_COMMITTED: "V17 pay",
    TransactionKind.BATCH_DISCARDED: "V17 pay",
    TransactionKind.PAYOUT_SETTLED: "V17 pay",
    TransactionKind.PAYOUT_RETURNED: "V17 pay",
    TransactionKind.CLAWBACK_OPENED: "V21",
    TransactionKind.CLAWBACK_RECOVERED: "V21",
    TransactionKind.SUSPENSE_OPENED: "V17 pay",
    TransactionKind.SUSPENSE_CLEARED: "V17 pay",
    TransactionKind.RECOVERY_REVERSED: "V21",
    TransactionKind.CLAWBACK_WRITTEN_OFF: "V21",
    TransactionKind.ORDER_CHARGED: "V16",
    TransactionKind.CHARGE_ADJUSTED: "V16",
    TransactionKind.PAYMENT_RECEIVED: "V16",
    TransactionKind.PAYMENT_REFUNDED: "V16",
    TransactionKind.SUBSIDY_ASSIGNED: "V16(1)",
    TransactionKind.SUBSIDY_FORGONE: "V16(1)",
    TransactionKind.SHORTFALL_OPENED: "V16(1)",
    TransactionKind.SHORTFALL_PAID: "V16(1)",
    TransactionKind.SHORTFALL_REFUNDED: "V16(1)",
    TransactionKind.SHORTFALL_PAYMENT_REVERSED: "V16(1)",
    TransactionKind.SHORTFALL_WRITTEN_OFF: "V16(1)",
}
"""The article that every transaction of a kind rests on, where it was written without one of its own."""


def article_of(kind: TransactionKind, written: str | None) -> str | None:
    """The article a transaction rests on: its own, else that of its kind."""
    return ARTICLE_OF.get(kind) if written is None else written
