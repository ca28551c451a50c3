"""The first lines of a bank's table, for people who look at a layout before it is used."""

from __future__ import annotations

import io
from collections.abc import Generator, Sequence
from datetime import date

from core.money import fen_to_yuan
from core.spreadsheets import inert
from settlement.rules.exports.characters import carried
from settlement.rules.exports.content import BankTable, BatchContent, ExportFaulty, Payer, PayoutView, TableBlock
from settlement.rules.exports.delimited import EMPTY, FIELD_END, ROW_END, write_csv
from settlement.rules.exports.layout import AmountUnit, BankColumn, BankEncoding, BankField, BankLayout

_CODECS = {BankEncoding.UTF_8_BOM: "utf-8-sig", BankEncoding.GB18030: "gb18030", BankEncoding.GBK: "gbk"}


def preview(payer: Payer, layout: BankLayout, payouts: Sequence[PayoutView]) -> str:
    """The heading and these payouts as the bank would get them, by the writer of the real file.

    Raises :class:`settlement.rules.exports.content.ExportFaulty` where the real file would be refused.
    """
    target = io.BytesIO()
    content = BatchContent(
        number="",
        programme="",
        programme_name="",
        cutoff=date.min,
        pay_on=date.min,
        payout_count=len(payouts),
        total_fen=sum(payout.amount_fen for payout in payouts),
        content_sha256="",
        payer=payer,
        payouts=payouts,
        bank_table=BankTable(layout, _blocks(layout, payouts)),
    )
    write_csv(content, target)
    return target.getvalue().decode(_CODECS[layout.encoding])


def refusal(payer: Payer, layout: BankLayout, payouts: Sequence[PayoutView]) -> ExportFaulty | None:
    """Why :func:`preview` would be refused, if it would."""
    try:
        preview(payer, layout, payouts)
    except ExportFaulty as faulty:
        return faulty
    return None


def _blocks(layout: BankLayout, payouts: Sequence[PayoutView]) -> Generator[TableBlock]:
    if payouts:
        rows = [[_field(layout, column, payout) for column in layout.columns] for payout in payouts]
        yield TableBlock(ROW_END.join(FIELD_END.join(row) for row in rows), len(rows))


def _field(layout: BankLayout, column: BankColumn, payout: PayoutView) -> bytes:
    if column.field is BankField.AMOUNT:
        return (fen_to_yuan(payout.amount_fen) if layout.amount is AmountUnit.YUAN else str(payout.amount_fen)).encode()
    return inert(carried(str(getattr(payout, column.field)))).encode() or EMPTY
