"""What every export is made of."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from core.errors import Conflict, Refused
from core.money import yuan_text
from settlement.rules.exports.layout import BankLayout


class ExportFormat(StrEnum):
    """Formats a batch can be had in."""

    XLSX = "xlsx"
    CSV = "csv"
    PAIN_001 = "pain.001"
    TREASURY = "treasury"
    PDF = "pdf"


class ExportFaulty(Refused):
    """Payouts hold what the format cannot carry; every fault is named with its payout."""

    code = "export_faulty"
    article = "V17 pay"


class ControlSumDiffers(Conflict):
    """The payouts of a batch are not as many, or not as much, as the batch says."""

    code = "control_sum_differs"
    article = "V17 pay"


class PayoutView(NamedTuple):
    """One payment of a batch as its files tell it; the account number is text and kept whole."""

    payout_no: int
    end_to_end_id: str
    holder_name: str
    bank_name: str
    cnaps_code: str
    account_number: str
    amount_fen: int
    purpose: str
    claim_count: int


@dataclass(frozen=True, slots=True)
class Payer:
    """The account the money leaves."""

    holder_name: str
    bank_name: str
    cnaps_code: str
    account_number: str
    bic: str | None = None


class TableBlock(NamedTuple):
    """Some rows of a bank's table in UTF-8, which its writer has still to spell as CSV.

    Fields are separated by the unit separator of ASCII and rows by its record separator, which no field holds; a group
    separator alone is a field without any text.
    """

    rows: bytes
    row_count: int


@dataclass(frozen=True, slots=True)
class BankTable:
    """The payouts as rows of the bank's table, in the columns of ``layout`` without their headings.

    ``blocks`` may be read once; who reads them closes them.
    """

    layout: BankLayout
    blocks: Generator[TableBlock]


@dataclass(frozen=True, slots=True)
class BatchContent:
    """A sealed batch with what goes to banks: payouts of nothing are left out.

    ``payouts`` are in the order of their numbers and may be read once. ``pay_on`` is the day the bank is asked to pay.
    """

    number: str
    programme: str
    programme_name: str
    cutoff: date
    pay_on: date
    payout_count: int
    total_fen: int
    content_sha256: str
    payer: Payer
    payouts: Iterable[PayoutView]
    bank_table: BankTable

    def counted(self) -> Iterator[PayoutView]:
        """The payouts; raises :class:`ControlSumDiffers` at their end unless number and sum are those of the batch."""
        count = total_fen = 0
        for payout in self.payouts:
            count += 1
            total_fen += payout.amount_fen
            yield payout
        self.require(count, total_fen)

    def require(self, count: int, total_fen: int | None = None) -> None:
        """Raises :class:`ControlSumDiffers` unless so many payouts, and of that sum, are those of the batch."""
        if count != self.payout_count or (total_fen is not None and total_fen != self.total_fen):
            found = "?" if total_fen is None else yuan_text(total_fen)
            expected = yuan_text(self.total_fen)
            raise ControlSumDiffers(
                number=self.number, count=count, total=found, expected_count=self.payout_count, expected_total=expected
            )
