"""What every export is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class ExportFormat(StrEnum):
    """Formats a batch can be had in."""

    XLSX = "xlsx"
    CSV = "csv"


@dataclass(frozen=True)
class PayoutView:
    """One payment as a bank gets it; the account number is text and kept whole."""

    payout_no: int
    end_to_end_id: str
    holder_name: str
    bank_name: str
    cnaps_code: str
    account_number: str
    amount_fen: int
    purpose: str
    claim_count: int


@dataclass(frozen=True)
class BatchContent:
    """A sealed batch; ``payouts`` are those a bank hears of, in the order of their numbers, and may be read once."""

    number: str
    programme: str
    cutoff: date
    payout_count: int
    total_fen: int
    content_sha256: str
    payouts: Iterable[PayoutView]


@dataclass(frozen=True)
class FileKind:
    """How a format is made and named."""

    media_type: str
    ending: str
    render: Callable[[BatchContent], bytes]


HEADINGS = ("序号", "收款人", "开户银行", "联行号", "收款账号", "金额（元）", "用途", "申请笔数")


def purpose(batch_number: str, claim_count: int) -> str:
    """What a payment is for, as the payee's bank shows it."""
    return f"科技创新券兑付 {batch_number} {claim_count}笔"


def yuan(fen: int) -> Decimal:
    """Exact yuan with two decimals."""
    return Decimal(fen).scaleb(-2)
