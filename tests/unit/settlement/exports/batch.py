"""A batch to make files of, and what the bank's table of it would look like."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date

from core.money import fen_to_yuan
from settlement.rules.exports.content import BankTable, BatchContent, Payer, PayoutView, purpose
from settlement.rules.exports.layout import (
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
    return PayoutView(no, f"{NUMBER}-{no:06d}", name, "某银行", "102475000001", account, fen, purpose(NUMBER, 2), 2)


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
        cutoff=CUTOFF,
        pay_on=date(2026, 1, 13),
        payout_count=len(payouts),
        total_fen=sum(each.amount_fen for each in payouts) if total_fen is None else total_fen,
        content_sha256="0123456789abcdef" * 4,
        payer=PAYER,
        payouts=iter(payouts),
        bank_table=BankTable(taken, iter([_row(each, taken) for each in payouts])),
    )


def _row(payout: PayoutView, layout: BankLayout) -> bytes:
    """A row as COPY spells it: with a line feed, quoted where a field needs it."""
    line = io.StringIO(newline="")
    cells = [_cell(payout, column.field) for column in layout.columns]
    csv.writer(line, delimiter=layout.delimiter, lineterminator="\n").writerow(cells)
    return line.getvalue().encode()


def _cell(payout: PayoutView, field: BankField) -> object:
    return fen_to_yuan(payout.amount_fen) if field is BankField.AMOUNT else getattr(payout, field)
