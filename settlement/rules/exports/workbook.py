"""XLSX for the treasury: every text cell stays text, sums are figures, the total also stands in 大写."""

from __future__ import annotations

import io
from datetime import UTC, datetime, time

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from core.money import in_capitals
from core.spreadsheets import WORKBOOK_OPTIONS
from settlement.rules.exports.content import HEADINGS, BatchContent, yuan

MAX_PAYOUTS = 1_048_574
"""Rows of a sheet less the heading and the total."""

_AMOUNT_COLUMN = 5
_WIDTHS = (8, 36, 36, 16, 28, 18, 28, 12)


class ExportTooLarge(ValueError):
    """The batch has more payouts than one sheet can hold."""


def xlsx_bytes(content: BatchContent) -> bytes:
    """The batch as a workbook with a sheet of payouts and one about the batch."""
    if content.payout_count > MAX_PAYOUTS:
        raise ExportTooLarge(f"{content.payout_count} payouts do not fit on a sheet")
    target = io.BytesIO()
    with Workbook(target, WORKBOOK_OPTIONS) as book:
        # The creation time is the cut-off, so that the same batch gives the same bytes on any day.
        book.set_properties({"title": content.number, "created": datetime.combine(content.cutoff, time.min, UTC)})
        money = book.add_format({"num_format": "#,##0.00"})
        _payouts(book.add_worksheet("兑付明细"), content, money)
        _summary(book.add_worksheet("批次"), content, money)
    return target.getvalue()


def _payouts(sheet: Worksheet, content: BatchContent, money: object) -> None:
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    for column, heading in enumerate(HEADINGS):
        sheet.write_string(0, column, heading)
    row = 0
    for row, payout in enumerate(content.payouts, start=1):
        sheet.write_number(row, 0, payout.payout_no)
        sheet.write_string(row, 1, payout.holder_name)
        sheet.write_string(row, 2, payout.bank_name)
        sheet.write_string(row, 3, payout.cnaps_code)
        sheet.write_string(row, 4, payout.account_number)
        sheet.write_number(row, _AMOUNT_COLUMN, yuan(payout.amount_fen), money)
        sheet.write_string(row, 6, payout.purpose)
        sheet.write_string(row, 7, str(payout.claim_count))
    sheet.write_string(row + 1, 0, "合计")
    sheet.write_number(row + 1, _AMOUNT_COLUMN, yuan(content.total_fen), money)
    sheet.write_string(row + 1, 6, in_capitals(content.total_fen))


def _summary(sheet: Worksheet, content: BatchContent, money: object) -> None:
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, 70)
    rows = [
        ("批次号", content.number),
        ("资金", content.programme),
        ("截止日", content.cutoff.isoformat()),
        ("笔数", str(content.payout_count)),
        ("合计大写", in_capitals(content.total_fen)),
        ("内容校验值 SHA-256", content.content_sha256),
    ]
    for row, (label, value) in enumerate(rows):
        sheet.write_string(row, 0, label)
        sheet.write_string(row, 1, value)
    sheet.write_string(len(rows), 0, "合计（元）")
    sheet.write_number(len(rows), 1, yuan(content.total_fen), money)
