"""XLSX for the treasury: every text cell stays text, sums are figures, the total also stands in 大写.

Sheets are put together here and go row by row through one compressor: a workbook of a million payouts needs as little
memory as one of ten, and nothing in it depends on when or where it is made.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time
from typing import BinaryIO, cast
from zipfile import ZIP_DEFLATED, ZipFile

from core.money import fen_to_yuan, in_capitals
from settlement.rules.exports import parts
from settlement.rules.exports.characters import carried, escaped, needs_no_escape, write_texts
from settlement.rules.exports.content import BatchContent, PayoutView

HEADINGS = ("序号", "收款人", "开户银行", "联行号", "收款账号", "金额（元）", "用途", "申请笔数", "支付编号")
MAX_PAYOUTS = 1_048_574
"""Rows of a sheet less the heading and the total."""

_WIDTHS = (8, 36, 36, 16, 28, 18, 40, 10, 30)
_SUMMARY_WIDTHS = (20, 70)
_MONEY = "1"
"""The style of sums."""
_LEVEL = 3
"""Of the compression: a third of the time of the usual 6 for a file a sixth larger."""
_SPELLED_CODE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""Workbooks read ``_x0041_`` as the letter A."""


def write_xlsx(content: BatchContent, target: BinaryIO) -> None:
    """The batch as a workbook: sheets of payouts, each as full as a sheet can be, and one about the batch."""
    # The creation time is the cut-off, so that the same batch gives the same bytes on any day.
    made = datetime.combine(content.cutoff, time.min, UTC)
    count = max(1, -(-content.payout_count // MAX_PAYOUTS))
    names = [f"兑付明细{number if number > 1 else ''}" for number in range(1, count + 1)]
    with ZipFile(cast(BinaryIO, _Straight(target)), "w", ZIP_DEFLATED, compresslevel=_LEVEL) as book:
        for path, part in parts.around([*names, "批次"], title=escaped(content.number), made=made):
            _add(book, path, [part])
        payouts = content.counted()
        for number in range(1, count + 1):
            taken = itertools.islice(payouts, MAX_PAYOUTS) if number < count else payouts
            _add(book, parts.sheet_path(number), _payouts(taken, content, has_total=number == count))
        _add(book, parts.sheet_path(count + 1), _summary(content))


class _Straight:
    """A target that is never turned back, so that the archive is the same whatever it is written to."""

    def __init__(self, target: BinaryIO) -> None:
        self.write, self.flush = target.write, target.flush


def _add(book: ZipFile, path: str, texts: Iterable[str]) -> None:
    # Opened by its name, a part of the archive is dated 1980, whatever day it is.
    with book.open(path, "w") as target:
        write_texts(texts, target)


def _payouts(payouts: Iterable[PayoutView], content: BatchContent, *, has_total: bool) -> Iterator[str]:
    yield parts.sheet_head(_WIDTHS, frozen_rows=1)
    yield _row(1, [_text(heading) for heading in HEADINGS])
    number = 1
    for number, payout in enumerate(payouts, start=2):
        no, payment, holder, bank, cnaps, account, fen, what_for, claims = payout
        # Between two spaces, so that a space at either end of a text, or no text at all, shows as well.
        together = f" {holder} {bank} {cnaps} {account} {what_for} {payment} "
        if needs_no_escape(together) and "  " not in together and "_x" not in together:
            yield (
                f'<row r="{number}"><c r="A{number}"><v>{no}</v></c>'
                f'<c r="B{number}" t="inlineStr"><is><t>{holder}</t></is></c>'
                f'<c r="C{number}" t="inlineStr"><is><t>{bank}</t></is></c>'
                f'<c r="D{number}" t="inlineStr"><is><t>{cnaps}</t></is></c>'
                f'<c r="E{number}" t="inlineStr"><is><t>{account}</t></is></c>'
                f'<c r="F{number}" s="{_MONEY}"><v>{fen // 100}.{fen % 100:02d}</v></c>'
                f'<c r="G{number}" t="inlineStr"><is><t>{what_for}</t></is></c>'
                f'<c r="H{number}"><v>{claims}</v></c>'
                f'<c r="I{number}" t="inlineStr"><is><t>{payment}</t></is></c></row>'
            )
        else:
            texts = [_text(each) for each in (holder, bank, cnaps, account)]
            yield _row(number, [_figure(no), *texts, _sum(fen), _text(what_for), _figure(claims), _text(payment)])
    if has_total:
        total = [_text("合计"), "", "", "", "", _sum(content.total_fen), _text(in_capitals(content.total_fen))]
        yield _row(number + 1, total)
    yield parts.SHEET_FOOT


def _summary(content: BatchContent) -> Iterator[str]:
    payer = content.payer
    rows = [
        ("批次号", _text(content.number)),
        ("资金", _text(content.programme_name)),
        ("截止日", _text(content.cutoff.isoformat())),
        ("付款人", _text(payer.holder_name)),
        ("付款账号", _text(payer.account_number)),
        ("付款银行", _text(payer.bank_name)),
        ("笔数", _figure(content.payout_count)),
        ("合计（元）", _sum(content.total_fen)),
        ("合计大写", _text(in_capitals(content.total_fen))),
        ("内容校验值 SHA-256", _text(content.content_sha256)),
    ]
    yield parts.sheet_head(_SUMMARY_WIDTHS)
    for number, (label, value) in enumerate(rows, start=1):
        yield _row(number, [_text(label), value])
    yield parts.SHEET_FOOT


def _row(number: int, cells: list[str]) -> str:
    """A row of cells as the functions below make them; an empty one is left out."""
    placed = [f'<c r="{chr(65 + column)}{number}"{cell}</c>' for column, cell in enumerate(cells) if cell]
    return f'<row r="{number}">{"".join(placed)}</row>'


def _text(text: str) -> str:
    return f' t="inlineStr"><is><t xml:space="preserve">{escaped(_SPELLED_CODE.sub("_x005F_", carried(text)))}</t></is>'


def _figure(number: int) -> str:
    return f"><v>{number}</v>"


def _sum(fen: int) -> str:
    return f' s="{_MONEY}"><v>{fen_to_yuan(fen)}</v>'
