"""CSV as the paying bank wants it: its columns, headings, order, delimiter, unit of sums and encoding.

The database spells the rows (:data:`COLUMN_SQL`), which no loop over payouts can do in the time a COPY takes; here they
get their headings, their line ends and their encoding.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import BinaryIO

from core.errors import Reason, reason
from core.spreadsheets import BYTE_ORDER_MARK, FORMULA_STARTS, inert
from settlement.rules.exports.content import BatchContent, ExportFaulty, PayoutView
from settlement.rules.exports.layout import AmountUnit, BankEncoding, BankField, BankLayout, Lacking

_CODECS = {BankEncoding.UTF_8_BOM: "utf-8", BankEncoding.GB18030: "gb18030", BankEncoding.GBK: "gbk"}
_LINE_END = b"\r\n"
_ROWS_AT_ONCE = 2048
_CONTROLS = bytes([*range(9), *range(11, 32), 127])
"""All but the tab, which may delimit, and the line feed, which ends a row."""
_WITHOUT_CONTROLS = bytes(32 if byte in _CONTROLS or byte == 10 else byte for byte in range(256))


def write_csv(content: BatchContent, target: BinaryIO) -> None:
    """The batch as its bank's table with Windows line ends.

    Raises :class:`settlement.rules.exports.content.ExportFaulty` with every character that the encoding lacks, where
    the layout says so; the payouts are read for it, which otherwise are not.
    """
    layout = content.bank_table.layout
    codec = _CODECS[layout.encoding]
    errors = "replace" if layout.lacking is Lacking.QUESTION_MARK else "strict"
    target.write(_head(layout).encode(codec, errors))
    blocks = _blocks(content)
    if layout.encoding is BankEncoding.UTF_8_BOM:
        target.writelines(blocks)  # what the database answers is UTF-8 already
        return
    try:
        target.writelines(block.decode().encode(codec, errors) for block in blocks)
    except UnicodeEncodeError as lacking:
        raise ExportFaulty(number=content.number, reasons=list(_lacking(content.payouts, layout, codec))) from lacking


def _head(layout: BankLayout) -> str:
    mark = BYTE_ORDER_MARK if layout.encoding is BankEncoding.UTF_8_BOM else ""
    line = io.StringIO(newline="")
    line.write(mark)
    csv.writer(line, delimiter=layout.delimiter, lineterminator="\r\n").writerow(
        [inert(column.heading) for column in layout.columns]
    )
    return line.getvalue()


def _blocks(content: BatchContent) -> Iterator[bytes]:
    """Some thousand rows at a time with the line ends of the file; control characters become spaces."""
    count = 0
    remaining = iter(content.bank_table.rows)
    while taken := list(islice(remaining, _ROWS_AT_ONCE)):
        count += len(taken)
        block = b"".join(taken)
        if block.count(b"\n") == len(taken) and len(block.translate(None, _CONTROLS)) == len(block):
            yield block.replace(b"\n", _LINE_END)
        else:
            yield b"".join(bytes(row)[:-1].translate(_WITHOUT_CONTROLS) + _LINE_END for row in taken)
    content.require(count)


def _lacking(payouts: Iterable[PayoutView], layout: BankLayout, codec: str) -> Iterator[Reason]:
    fields = [column.field for column in layout.columns if column.field is not BankField.AMOUNT]
    for payout in payouts:
        for field in fields:
            text = str(getattr(payout, field))
            missing = [character for character in dict.fromkeys(text) if not _encodes(character, codec)]
            if missing:
                yield reason(
                    "export_unencodable",
                    field=field,
                    payout=payout.payout_no,
                    characters="".join(missing),
                    encoding=layout.encoding,
                )


def _encodes(character: str, codec: str) -> bool:
    try:
        character.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _inert_sql(column: str) -> str:
    """The same as :func:`core.spreadsheets.inert`."""
    starts = ", ".join(str(ord(start)) for start in FORMULA_STARTS)
    return f"CASE WHEN ascii({column}) IN ({starts}) THEN '''' || {column} ELSE {column} END"


END_TO_END_SQL = "b.number || '-' || lpad(p.payout_no::text, greatest(6, length(p.payout_no::text)), '0')"
"""The same as :func:`settlement.rules.payout_ids.end_to_end_id`."""

COLUMN_SQL: Mapping[BankField, str] = {
    BankField.PAYOUT_NO: "p.payout_no",
    BankField.END_TO_END_ID: END_TO_END_SQL,
    BankField.HOLDER_NAME: _inert_sql("p.holder_name"),
    BankField.BANK_NAME: _inert_sql("p.bank_name"),
    BankField.CNAPS_CODE: _inert_sql("p.cnaps_code"),
    BankField.ACCOUNT_NUMBER: _inert_sql("p.account_number"),
    BankField.PURPOSE: "'科技创新券兑付 ' || b.number || ' ' || p.line_count || '笔'",
    BankField.CLAIM_COUNT: "p.line_count",
}
"""Each column but the sum of rows ``p`` of ``batch_payout`` in a batch ``b``."""

_AMOUNT_SQL = {
    AmountUnit.YUAN: "(p.amount_fen / 100) || '.' || lpad((p.amount_fen % 100)::text, 2, '0')",
    AmountUnit.FEN: "p.amount_fen",
}


def columns_sql(layout: BankLayout) -> str:
    """The columns of a layout as a select list."""
    spelled = {**COLUMN_SQL, BankField.AMOUNT: _AMOUNT_SQL[layout.amount]}
    return ", ".join(spelled[column.field] for column in layout.columns)
