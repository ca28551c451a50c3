"""A batch to make files of, and what the bank's table of it would look like."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from datetime import date

from core.money import fen_to_yuan
from settlement.rules.exports.content import BankTable, BatchContent, Payer, PayoutView, TableBlock
from settlement.rules.exports.layout import (
    PURPOSE,
    AmountUnit,
    BankColumn,
    BankEncoding,
    BankField,
    BankLayout,
    Delimiter,
    Lacking,
)

NUMBER = "20260112-1-01"
CUTOFF = date(2026, 1, 12)
PAYER = Payer("创新券兑付专户", "国库业务部", "011451000003", "3700000000000000001")
LONG_NUMBER = "6222021602003456789"


def payout(no: int = 1, *, name: str = "菏泽某公司", fen: int = 100, account: str = LONG_NUMBER) -> PayoutView:
    """A payout of two claims."""
    what_for = PURPOSE.format(batch=NUMBER, claims=2)
    return PayoutView(no, f"{NUMBER}-{no:06d}", name, "某银行", "102475000001", account, fen, what_for, 2)


def layout(
    *fields: BankField, encoding: BankEncoding = BankEncoding.UTF_8_BOM, lacking: Lacking = Lacking.REFUSE
) -> BankLayout:
    """A table of these columns, each headed by its name."""
    columns = tuple(BankColumn(field, field.value) for field in fields or (BankField.HOLDER_NAME,))
    return BankLayout(columns, Delimiter.COMMA, AmountUnit.YUAN, encoding, lacking)


def batch(
    payouts: Sequence[PayoutView], *, total_fen: int | None = None, table: BankLayout | None = None
) -> BatchContent:
    """A batch of payouts; its control sum is theirs unless another is given."""
    taken = table or layout()
    return BatchContent(
        number=NUMBER,
        programme="innovation_voucher",
        programme_name="创新券",
        cutoff=CUTOFF,
        pay_on=date(2026, 1, 13),
        payout_count=len(payouts),
        total_fen=sum(each.amount_fen for each in payouts) if total_fen is None else total_fen,
        content_sha256="0123456789abcdef" * 4,
        payer=PAYER,
        payouts=iter(payouts),
        bank_table=BankTable(taken, _blocks(payouts, taken)),
    )


def _blocks(payouts: Sequence[PayoutView], layout: BankLayout) -> Generator[TableBlock]:
    """Blocks of two rows as the database puts them together."""
    for first in range(0, len(payouts), 2):
        rows = [
            "\x1f".join(_cell(each, column.field) for column in layout.columns) for each in payouts[first : first + 2]
        ]
        yield TableBlock("\x1e".join(rows).encode(), len(rows))


def _cell(payout: PayoutView, field: BankField) -> str:
    if field is BankField.AMOUNT:
        return fen_to_yuan(payout.amount_fen)
    return str(getattr(payout, field)).translate({0x1D: " ", 0x1E: " ", 0x1F: " "}) or "\x1d"
