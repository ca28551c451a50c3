"""How banks write their answers as tables: a layout for each way, told by the headings of the file.

A bank with a way of its own gets an entry in :data:`LAYOUTS`; nothing else has to change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from settlement.states import PayoutOutcome


class Column(StrEnum):
    """What a column holds; the values are the headings of our own layout."""

    PAYOUT_NO = "payout_no"
    END_TO_END_ID = "end_to_end_id"
    ACCOUNT_NUMBER = "account_number"
    AMOUNT = "amount"
    STATUS = "status"
    REASON = "reason"
    VALUE_DATE = "value_date"


NAMING = (Column.PAYOUT_NO, Column.END_TO_END_ID)
"""Either names the payout."""
REQUIRED = (Column.ACCOUNT_NUMBER, Column.AMOUNT, Column.STATUS, Column.REASON, Column.VALUE_DATE)
OWN_HEADINGS = tuple(column.value for column in (Column.PAYOUT_NO, *REQUIRED))
"""What a file in our own layout begins with."""


class Unit(StrEnum):
    """What sums are written in."""

    YUAN = "yuan"
    FEN = "fen"


@dataclass(frozen=True)
class Layout:
    """One way of writing answers. Headings and words are compared in small letters and without blanks around.

    An outcome of None is said of what the bank still works on. ``totals`` begin a row of control sums. In a ``closed``
    layout a heading it does not name is a fault; in others it is passed over.
    """

    name: str
    headings: Mapping[str, Column]
    outcomes: Mapping[str, PayoutOutcome | None]
    unit: Unit = Unit.YUAN
    day_formats: Sequence[str] = ("%Y-%m-%d",)
    totals: frozenset[str] = frozenset({"合计", "总计", "total"})
    closed: bool = False


_WORDS: dict[str, PayoutOutcome | None] = {
    "paid": PayoutOutcome.PAID,
    "成功": PayoutOutcome.PAID,
    "到账": PayoutOutcome.PAID,
    "failed": PayoutOutcome.FAILED,
    "失败": PayoutOutcome.FAILED,
    "付款失败": PayoutOutcome.FAILED,
    "returned": PayoutOutcome.RETURNED,
    "退汇": PayoutOutcome.RETURNED,
    "pending": None,
    "处理中": None,
}

OWN = Layout(
    name="own",
    headings={
        **{column.value: column for column in Column},
        "line_no": Column.PAYOUT_NO,
        "序号": Column.PAYOUT_NO,
        "端到端标识": Column.END_TO_END_ID,
        "收款账号": Column.ACCOUNT_NUMBER,
        "金额": Column.AMOUNT,
        "金额（元）": Column.AMOUNT,
        "状态": Column.STATUS,
        "原因": Column.REASON,
        "入账日期": Column.VALUE_DATE,
    },
    outcomes=_WORDS,
    closed=True,
)
"""What this service asks banks for."""

ONLINE_BANK = Layout(
    name="online_bank",
    headings={
        "业务编号": Column.END_TO_END_ID,
        "收款人账号": Column.ACCOUNT_NUMBER,
        "交易金额": Column.AMOUNT,
        "交易金额（元）": Column.AMOUNT,
        "处理结果": Column.STATUS,
        "失败原因": Column.REASON,
        "交易日期": Column.VALUE_DATE,
    },
    outcomes={
        **_WORDS,
        "交易成功": PayoutOutcome.PAID,
        "交易失败": PayoutOutcome.FAILED,
        "已退票": PayoutOutcome.RETURNED,
        "已退汇": PayoutOutcome.RETURNED,
        "银行处理中": None,
    },
    day_formats=("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d"),
)
"""A list downloaded from a bank's website: many columns, of which these count."""

CLEARING = Layout(
    name="clearing",
    headings={
        "明细序号": Column.PAYOUT_NO,
        "收款账号": Column.ACCOUNT_NUMBER,
        "金额（分）": Column.AMOUNT,
        "处理状态": Column.STATUS,
        "附言": Column.REASON,
        "清算日期": Column.VALUE_DATE,
    },
    outcomes={"0": PayoutOutcome.PAID, "1": PayoutOutcome.FAILED, "2": PayoutOutcome.RETURNED, "9": None},
    unit=Unit.FEN,
    day_formats=("%Y%m%d",),
)
"""A clearing system's list: sums in fen, outcomes as digits."""

LAYOUTS = (OWN, ONLINE_BANK, CLEARING)
