"""How a bank wants its table: columns, their headings and order, delimiter, unit of sums and encoding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class BankField(StrEnum):
    """What a column of a bank's table may hold."""

    PAYOUT_NO = "payout_no"
    END_TO_END_ID = "end_to_end_id"
    HOLDER_NAME = "holder_name"
    BANK_NAME = "bank_name"
    CNAPS_CODE = "cnaps_code"
    ACCOUNT_NUMBER = "account_number"
    AMOUNT = "amount"
    PURPOSE = "purpose"
    CLAIM_COUNT = "claim_count"


class AmountUnit(StrEnum):
    """What sums are counted in: yuan with two decimals, or whole fen."""

    YUAN = "yuan"
    FEN = "fen"


class BankEncoding(StrEnum):
    """How a bank's table is encoded; UTF-8 begins with a byte-order mark."""

    UTF_8_BOM = "UTF-8-BOM"
    GB18030 = "GB18030"
    GBK = "GBK"


class Lacking(StrEnum):
    """What becomes of characters that the encoding lacks."""

    REFUSE = "refuse"
    QUESTION_MARK = "question_mark"


class Delimiter(StrEnum):
    """What stands between columns."""

    COMMA = ","
    SEMICOLON = ";"
    TAB = "\t"
    BAR = "|"


PURPOSE = "科技创新券兑付 {batch} {claims}笔"
"""What a payment is for where a layout says nothing else."""


@dataclass(frozen=True, slots=True)
class BankColumn:
    """One column, the words above it, and how many characters the bank takes in it, if it says so."""

    field: BankField
    heading: str
    longest: int | None = None


@dataclass(frozen=True, slots=True)
class BankLayout:
    """The table one bank takes."""

    columns: tuple[BankColumn, ...]
    delimiter: Delimiter
    amount: AmountUnit
    encoding: BankEncoding
    lacking: Lacking
    purpose: str = PURPOSE

    def purpose_of(self, batch_number: str, claim_count: int) -> str:
        """What a payment is for, as the payee's bank shows it."""
        return self.purpose.replace("{batch}", batch_number).replace("{claims}", str(claim_count))


def layout_of(row: Mapping[str, Any]) -> BankLayout:
    """A layout as the file of an office, or a row of its table, spells it."""
    return BankLayout(
        columns=tuple(
            BankColumn(BankField(column["field"]), column["heading"], column.get("longest"))
            for column in row["columns"]
        ),
        delimiter=Delimiter(row["delimiter"]),
        amount=AmountUnit(row["amount"]),
        encoding=BankEncoding(row["encoding"]),
        lacking=Lacking(row["lacking"]),
        purpose=row.get("purpose") or PURPOSE,
    )
