"""What every export is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from settlement.rules.seal import PayoutLine


class ExportFormat(StrEnum):
    """Formats a batch can be had in."""

    XLSX = "xlsx"
    CSV = "csv"


@dataclass(frozen=True)
class BatchContent:
    """A sealed batch; ``lines`` are in the order of their numbers and may be read once."""

    number: str
    programme: str
    cutoff: date
    line_count: int
    total_fen: int
    content_sha256: str
    lines: Iterable[PayoutLine]


@dataclass(frozen=True)
class FileKind:
    """How a format is made and named."""

    media_type: str
    ending: str
    render: Callable[[BatchContent], bytes]


HEADINGS = ("序号", "收款人", "开户银行", "联行号", "收款账号", "金额（元）", "用途", "订单号")


def purpose(line: PayoutLine) -> str:
    """What the payment is for, as the payee's bank shows it."""
    return f"科技创新券兑付 {line.source}"


def yuan(fen: int) -> Decimal:
    """Exact yuan with two decimals."""
    return Decimal(fen).scaleb(-2)
